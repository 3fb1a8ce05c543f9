// What this library was compiled with. pjsua2 itself has no way to ask.
%{
#include <pj/ioqueue.h>
// configure tells its libraries only, not the wrapper: what is linked in is what there is
extern "C" __attribute__((weak)) pjmedia_aud_dev_factory *pjmedia_alsa_factory(pj_pool_factory *);
extern "C" __attribute__((weak)) pj_status_t webrtc_aec3_create(
    pj_pool_t *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void **);
%}
%constant int CTIDESK_MAX_CALLS = PJSUA_MAX_CALLS;
%constant int CTIDESK_MAX_PACKET = PJSIP_MAX_PKT_LEN;
%constant int CTIDESK_HANDLES = PJ_IOQUEUE_MAX_HANDLES;
%constant int CTIDESK_HAS_ALSA = (pjmedia_alsa_factory != 0);
%constant int CTIDESK_HAS_AEC3 = (webrtc_aec3_create != 0);
%constant int CTIDESK_HAS_TLS = PJSIP_HAS_TLS_TRANSPORT;
%constant const char *CTIDESK_IOQUEUE = pj_ioqueue_name();
