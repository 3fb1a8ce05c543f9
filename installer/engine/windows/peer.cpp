// peer.exe listen|call PORT CERTIFICATE KEY [wmme]: two of it talk over TLS and SRTP with AES-GCM, each
// plays a tone that the other has to hear. With `wmme` it goes out through the sound device as well,
// whose microphone must bring it back (a loop). Proves the libraries that cross.sh has built.
#include <pjsua2.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace pj;

static const int SECONDS = 60;

struct Peer : Call {
    bool secure = false;
    bool over = false;
    AudioMedia *sound = nullptr;

    explicit Peer(Account &account, int id = PJSUA_INVALID_ID) : Call(account, id) {}

    void onCallState(OnCallStateParam &) override
    {
        CallInfo info = getInfo();
        std::printf("state %s %d\n", info.stateText.c_str(), info.lastStatusCode);
        over = info.state == PJSIP_INV_STATE_DISCONNECTED;
    }

    void onCallMediaState(OnCallMediaStateParam &) override { sound = &(media = getAudioMedia(-1)); }

    void onCallSdpCreated(OnCallSdpCreatedParam &param) override
    {
        secure = param.sdp.wholeSdp.find("AEAD_AES_256_GCM") != std::string::npos;
    }

    AudioMedia media;
};

struct Line : Account {
    Peer *call = nullptr;

    void onIncomingCall(OnIncomingCallParam &param) override
    {
        call = new Peer(*this, param.callId);
        CallOpParam ok;
        ok.statusCode = PJSIP_SC_OK;
        call->answer(ok);
    }
};

int main(int count, char **words)
{
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    if (count != 5 && count != 6)
        return 2;
    bool calls = std::strcmp(words[1], "call") == 0;
    int port = std::atoi(words[2]);
    Endpoint endpoint;
    Line line;
    bool wmme = count == 6, heard = false, echoed = false, sent = false;
    try {
        endpoint.libCreate();
        EpConfig config;
        config.logConfig.level = config.logConfig.consoleLevel = 1;
        config.uaConfig.threadCnt = 0;
        config.uaConfig.mainThreadOnly = true;
        endpoint.libInit(config);
        AudDevManager &devices = endpoint.audDevManager();
        for (const AudioDevInfo &device : devices.enumDev2())
            std::printf("device %s: %s\n", device.driver.c_str(), device.name.c_str());
        if (wmme)
            devices.setPlaybackDev(PJMEDIA_AUD_DEFAULT_PLAYBACK_DEV);
        else
            devices.setNullDev();
        TransportConfig tls;
        tls.port = calls ? port + 1 : port;
        tls.boundAddress = "127.0.0.1";
        tls.tlsConfig.certFile = tls.tlsConfig.CaListFile = words[3];
        tls.tlsConfig.privKeyFile = words[4];
        tls.tlsConfig.method = PJSIP_TLSV1_2_METHOD;
        tls.tlsConfig.proto = PJ_SSL_SOCK_PROTO_TLS1_3;
        tls.tlsConfig.verifyServer = true;
        endpoint.transportCreate(PJSIP_TRANSPORT_TLS, tls);
        endpoint.libStart();
        AccountConfig account;
        account.idUri = "sip:peer@127.0.0.1;transport=tls";
        account.mediaConfig.srtpUse = PJMEDIA_SRTP_MANDATORY;
        account.mediaConfig.srtpSecureSignaling = 1;
        account.mediaConfig.transportConfig.boundAddress = "127.0.0.1";
        account.mediaConfig.srtpOpt.cryptos.push_back(SrtpCrypto{"", "AEAD_AES_256_GCM", 0});
        line.create(account);
        ToneGenerator tone;
        tone.createToneGenerator();
        AudioMediaRecorder tape;
        if (wmme)
            tape.createRecorder(std::string(words[1]) + ".wav");
        ToneDesc note;
        note.freq1 = 440, note.freq2 = 0, note.on_msec = 1000, note.off_msec = 0;
        if (calls) {
            line.call = new Peer(line);
            line.call->makeCall(
                "sip:peer@127.0.0.1:" + std::to_string(port) + ";transport=tls", CallOpParam(true));
        }
        for (int turn = 0; turn < SECONDS * 50 && !(line.call && line.call->over); ++turn) {
            endpoint.libHandleEvents(20);
            if (!line.call || !line.call->sound)
                continue;
            if (!sent) {
                tone.play(ToneDescVector{note}, true);
                tone.startTransmit(*line.call->sound);
                if (wmme) {
                    line.call->sound->startTransmit(devices.getPlaybackDevMedia());
                    devices.getCaptureDevMedia().startTransmit(tape);
                }
                sent = true;
            }
            heard = heard || line.call->sound->getRxLevel() > 20;
            echoed = echoed || (wmme && devices.getCaptureDevMedia().getRxLevel() > 20);
            if (heard && calls && turn > 250 && (echoed || !wmme))
                line.call->hangup(CallOpParam(true));
        }
        bool secure = line.call && line.call->secure;
        std::printf("heard %d, AES-GCM %d, through WMME and back %d\n", heard, secure, echoed);
        std::_Exit(heard && secure && (echoed || !wmme) ? 0 : 1);
    } catch (Error &error) {
        std::printf("%s\n", error.info().c_str());
        return 1;
    }
}
