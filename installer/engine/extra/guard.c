/* See guard.h. */
#include "guard.h"

#include <string.h>

#include <pjlib.h>
#include <pjsip.h>
#include <pjsua-lib/pjsua.h>

#define MAX_ALLOWED 64
#define MAX_SOURCES 128
#define MAX_HEADERS 128

typedef struct rate {
    double per_s, burst;
} rate;

typedef struct bucket {
    double tokens;
    pj_uint64_t at_ms;
} bucket;

typedef struct source {
    pj_sockaddr address;
    pj_uint64_t seen_ms;
    bucket of[GUARD_KINDS];
} source;

/* Lives in the pool of its dialog. */
typedef struct dialog_buckets {
    bucket reinvite, inner;
} dialog_buckets;

static struct {
    pj_bool_t everybody;
    unsigned allowed_count;
    pj_sockaddr allowed[MAX_ALLOWED];
    source sources[MAX_SOURCES];
    rate each[GUARD_KINDS], all[GUARD_KINDS];
    bucket all_of[GUARD_KINDS];
    rate answers;
    bucket answers_left;
    int retry_after_s;
    unsigned long long counted[GUARD_KINDS][GUARD_OUTCOMES];
    unsigned long long strangers;
} guard = { .answers = { 5, 10 }, .retry_after_s = 5 };

static pj_bool_t on_request(pjsip_rx_data *rdata);

static pjsip_module module = {
    .name = { "mod-ctidesk-guard", 17 },
    .id = -1,
    /* after the transports, before a transaction is made */
    .priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 4,
    .on_rx_request = &on_request,
};

static pj_uint64_t now_ms(void)
{
    pj_time_val now;

    pj_gettickcount(&now);
    return (pj_uint64_t)now.sec * 1000 + now.msec;
}

/* A rate of 0 is no limit. A bucket that was never used is full. */
static pj_bool_t take(bucket *from, const rate *limit, pj_uint64_t now)
{
    if (limit->per_s <= 0)
        return PJ_TRUE;
    if (from->at_ms == 0) {
        from->tokens = limit->burst;
    } else if (now > from->at_ms) {
        from->tokens += limit->per_s * (double)(now - from->at_ms) / 1000;
        if (from->tokens > limit->burst)
            from->tokens = limit->burst;
    }
    from->at_ms = now;
    if (from->tokens < 1)
        return PJ_FALSE;
    from->tokens -= 1;
    return PJ_TRUE;
}

static pj_bool_t same_host(const pj_sockaddr *a, const pj_sockaddr *b)
{
    return a->addr.sa_family == b->addr.sa_family &&
           pj_memcmp(pj_sockaddr_get_addr(a), pj_sockaddr_get_addr(b),
                     pj_sockaddr_get_addr_len(a)) == 0;
}

static pj_bool_t is_allowed(const pj_sockaddr *sender)
{
    unsigned i;

    for (i = 0; i < guard.allowed_count; ++i) {
        if (same_host(&guard.allowed[i], sender))
            return PJ_TRUE;
    }
    return guard.everybody;
}

/* The sender's place in the table; a new one takes the place that was unused longest. */
static source *source_of(const pj_sockaddr *sender, pj_uint64_t now)
{
    source *oldest = &guard.sources[0];
    unsigned i;

    for (i = 0; i < MAX_SOURCES; ++i) {
        source *it = &guard.sources[i];
        if (it->seen_ms != 0 && same_host(&it->address, sender)) {
            it->seen_ms = now;
            return it;
        }
        if (it->seen_ms < oldest->seen_ms)
            oldest = it;
    }
    pj_bzero(oldest, sizeof(*oldest));
    pj_sockaddr_cp(&oldest->address, sender);
    oldest->seen_ms = now;
    return oldest;
}

/* True for the repetition of a request that is being served, its ACK and its CANCEL. */
static pj_bool_t is_of_transaction(pjsip_rx_data *rdata)
{
    const pjsip_method *method = &rdata->msg_info.cseq->method;
    pj_str_t key;

    if (method->id == PJSIP_ACK_METHOD || method->id == PJSIP_CANCEL_METHOD)
        method = &pjsip_invite_method;
    return pjsip_tsx_create_key(rdata->tp_info.pool, &key, PJSIP_ROLE_UAS, method, rdata)
               == PJ_SUCCESS &&
           pjsip_tsx_layer_find_tsx(&key, PJ_FALSE) != NULL;
}

static pjsip_dialog *dialog_of(pjsip_rx_data *rdata)
{
    if (rdata->msg_info.to->tag.slen == 0)
        return NULL;
    return pjsip_ua_find_dialog(&rdata->msg_info.cid->id, &rdata->msg_info.to->tag,
                                &rdata->msg_info.from->tag, PJ_FALSE);
}

static dialog_buckets *buckets_of(pjsip_dialog *dialog)
{
    dialog_buckets *found = (dialog_buckets *)dialog->mod_data[module.id];

    if (found == NULL) {
        found = PJ_POOL_ZALLOC_T(dialog->pool, dialog_buckets);
        dialog->mod_data[module.id] = found;
    }
    return found;
}

static pj_bool_t has_too_many_headers(const pjsip_msg *message)
{
    const pjsip_hdr *header = message->hdr.next;
    unsigned count = 0;

    while (header != &message->hdr) {
        if (++count > MAX_HEADERS)
            return PJ_TRUE;
        header = header->next;
    }
    return PJ_FALSE;
}

static int kind_of(const pjsip_method *method)
{
    if (method->id == PJSIP_INVITE_METHOD)
        return GUARD_INVITE;
    if (method->id == PJSIP_OPTIONS_METHOD)
        return GUARD_OPTIONS;
    return pj_stricmp2(&method->name, "SUBSCRIBE") == 0 ? GUARD_SUBSCRIBE : GUARD_OTHER;
}

/* Answer while the budget lasts, then be silent: nobody can use us to flood a third party. */
static pj_bool_t refuse(pjsip_rx_data *rdata, int kind, int code, pj_uint64_t now)
{
    pjsip_hdr headers;

    if (rdata->msg_info.msg->line.req.method.id == PJSIP_ACK_METHOD ||
        !take(&guard.answers_left, &guard.answers, now))
    {
        ++guard.counted[kind][GUARD_DROPPED];
        return PJ_TRUE;
    }
    pj_list_init(&headers);
    if (code == PJSIP_SC_SERVICE_UNAVAILABLE || code == PJSIP_SC_INTERNAL_SERVER_ERROR) {
        pj_list_push_back(&headers, pjsip_retry_after_hdr_create(rdata->tp_info.pool,
                                                                 guard.retry_after_s));
    }
    pjsip_endpt_respond_stateless(pjsua_get_pjsip_endpt(), rdata, code, NULL, &headers, NULL);
    ++guard.counted[kind][GUARD_REFUSED];
    return PJ_TRUE;
}

static pj_bool_t pass_on(int kind)
{
    ++guard.counted[kind][GUARD_ACCEPTED];
    return PJ_FALSE;
}

static pj_bool_t within_dialog(pjsip_rx_data *rdata, pjsip_dialog *dialog, pj_uint64_t now)
{
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;
    dialog_buckets *buckets = buckets_of(dialog);
    pj_bool_t again = method->id == PJSIP_INVITE_METHOD ||
                      pj_stricmp2(&method->name, "UPDATE") == 0;
    int kind = again ? GUARD_REINVITE : GUARD_INNER;
    bucket *own = again ? &buckets->reinvite : &buckets->inner;

    /* what confirms or ends a call is never in excess */
    if (method->id == PJSIP_ACK_METHOD || method->id == PJSIP_BYE_METHOD ||
        method->id == PJSIP_CANCEL_METHOD)
        return pass_on(kind);
    if (take(own, &guard.each[kind], now) && take(&guard.all_of[kind], &guard.all[kind], now))
        return pass_on(kind);
    /* RFC 3261 14.2: 500 with Retry-After leaves the dialog as it is */
    return refuse(rdata, kind, PJSIP_SC_INTERNAL_SERVER_ERROR, now);
}

static pj_bool_t on_request(pjsip_rx_data *rdata)
{
    const pj_sockaddr *sender = &rdata->pkt_info.src_addr;
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;
    int kind = kind_of(method);
    pj_uint64_t now = now_ms();
    pj_bool_t known = is_allowed(sender);
    pjsip_dialog *dialog;
    source *from;

    if (!known)
        ++guard.strangers;
    /* strangers have no place in the table, and use up nothing that the exchange may need */
    from = known ? source_of(sender, now) : NULL;
    if (from && (!take(&from->of[GUARD_ANY], &guard.each[GUARD_ANY], now) ||
                 !take(&guard.all_of[GUARD_ANY], &guard.all[GUARD_ANY], now)))
    {
        ++guard.counted[kind][GUARD_DROPPED];
        return PJ_TRUE;
    }
    if (has_too_many_headers(rdata->msg_info.msg))
        return refuse(rdata, kind, 513, now);
    dialog = dialog_of(rdata);
    if (is_of_transaction(rdata))
        return PJ_FALSE;
    if (dialog)
        return within_dialog(rdata, dialog, now);
    if (!known)
        return refuse(rdata, kind, PJSIP_SC_FORBIDDEN, now);
    if (method->id == PJSIP_ACK_METHOD)
        return PJ_TRUE; /* of a refusal of ours, which kept no transaction */
    if (take(&from->of[kind], &guard.each[kind], now) &&
        take(&guard.all_of[kind], &guard.all[kind], now))
        return pass_on(kind);
    return refuse(rdata, kind, PJSIP_SC_SERVICE_UNAVAILABLE, now);
}

int guard_install(void)
{
    return module.id >= 0 ? PJ_SUCCESS
                          : pjsip_endpt_register_module(pjsua_get_pjsip_endpt(), &module);
}

int guard_allow(const char *addresses)
{
    const char *at = addresses;

    guard.everybody = PJ_FALSE;
    guard.allowed_count = 0;
    while (guard.allowed_count < MAX_ALLOWED) {
        pj_sockaddr *next = &guard.allowed[guard.allowed_count];
        char text[PJ_INET6_ADDRSTRLEN];
        pj_str_t address;
        pj_size_t length;

        while (*at == ' ')
            ++at;
        for (length = 0; at[length] != '\0' && at[length] != ' '; ++length)
            ;
        if (length == 0)
            break;
        if (length == 1 && *at == '*')
            guard.everybody = PJ_TRUE;
        if (length < sizeof(text)) {
            int family = memchr(at, ':', length) ? pj_AF_INET6() : pj_AF_INET();
            address = pj_str(text);
            pj_memcpy(text, at, length);
            text[length] = '\0';
            address.slen = (pj_ssize_t)length;
            /* only addresses: a name would be looked up, and everything would wait for it */
            pj_bzero(next, sizeof(*next));
            next->addr.sa_family = (pj_uint16_t)family;
            if (pj_inet_pton(family, &address, pj_sockaddr_get_addr(next)) == PJ_SUCCESS)
                ++guard.allowed_count;
        }
        at += length;
    }
    return guard.everybody ? -1 : (int)guard.allowed_count;
}

void guard_limits(int kind, double each_per_s, double each_burst,
                  double all_per_s, double all_burst)
{
    if (kind >= 0 && kind < GUARD_KINDS) {
        guard.each[kind].per_s = each_per_s;
        guard.each[kind].burst = each_burst;
        guard.all[kind].per_s = all_per_s;
        guard.all[kind].burst = all_burst;
    }
}

void guard_answers(double per_s, double burst, int retry_after_s)
{
    guard.answers.per_s = per_s;
    guard.answers.burst = burst;
    guard.retry_after_s = retry_after_s;
}

unsigned long long guard_counted(int kind, int outcome)
{
    pj_bool_t known = kind >= 0 && kind < GUARD_KINDS && outcome >= 0 && outcome < GUARD_OUTCOMES;

    return known ? guard.counted[kind][outcome] : 0;
}

unsigned long long guard_strangers(void)
{
    return guard.strangers;
}
