/* What our pjsua2 is compiled with, beside the options of configure in compile.py. */

#define PJMEDIA_HAS_VIDEO 0

/* An agent has two or three calls; the rest is room for a flood to be answered 486. */
#define PJSUA_MAX_CALLS 32
#define PJSUA_MAX_ACC 16

/* Signalling and audio by IPv6, where the settings ask for it. */
#define PJ_HAS_IPV6 1

/* epoll: no FD_SETSIZE. Every ringing call holds two sockets, every TCP or TLS peer one. */
#define PJ_IOQUEUE_MAX_HANDLES 2048

/* A caller with a display name of 10 kB gets an answer. */
#define PJSIP_MAX_PKT_LEN 16000

#define PJMEDIA_SRTP_HAS_AES_GCM_256 1
#define PJMEDIA_SRTP_HAS_AES_GCM_128 1
/* SDES inside TLS is what the exchanges speak; DTLS-SRTP is code that strangers could reach. */
#define PJMEDIA_SRTP_HAS_DTLS 0

/* NDEBUG removes the assertions that abort; the checks of arguments stay and return errors. */
#define PJ_ENABLE_EXTRA_CHECK 1

#ifdef CTIDESK_ASAN
/* every piece of a pool by malloc of its own, so that the sanitizer sees where each one ends */
#define PJ_POOL_DEBUG 1
#endif
