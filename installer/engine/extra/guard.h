/* The request guard: who may send requests, and how many.
 *
 * A pjsip module that sees every parsed request before the transaction layer does, so that what is
 * refused costs no transaction, no dialog, no call slot and no Python. All of it runs on the thread
 * that turns the endpoint (the engine uses no worker threads); so do the functions below.
 */
#ifndef CTIDESK_GUARD_H
#define CTIDESK_GUARD_H

#ifdef __cplusplus
extern "C" {
#endif

/* `GUARD_REINVITE` (with UPDATE) and `GUARD_INNER` are requests within a dialog, and their first
 * rate counts per dialog. `GUARD_ANY` counts everything, repetitions too. */
enum {
    GUARD_INVITE,
    GUARD_OPTIONS,
    GUARD_SUBSCRIBE,
    GUARD_OTHER,
    GUARD_REINVITE,
    GUARD_INNER,
    GUARD_ANY,
    GUARD_KINDS
};

/* Passed on; answered 403, 500, 503 or 513; dropped without a word. */
enum { GUARD_ACCEPTED, GUARD_REFUSED, GUARD_DROPPED, GUARD_OUTCOMES };

/* Start guarding, after libInit. Until `guard_allow` nobody is allowed. Returns pjsip's status. */
int guard_install(void);

/* Only these IP addresses (separated by blanks) may send requests outside of a dialog; "*" lets
 * everybody. Returns how many addresses were understood, -1 for "*". */
int guard_allow(const char *addresses);

/* Tokens per second and at most, of each source (or dialog) and of all together. */
void guard_limits(int kind, double each_per_s, double each_burst,
                  double all_per_s, double all_burst);

/* How many refusals are answered at all, and the Retry-After in them. */
void guard_answers(double per_s, double burst, int retry_after_s);

/* Requests of a kind with this outcome since the start. */
unsigned long long guard_counted(int kind, int outcome);

/* Requests from addresses that are not allowed, whatever became of them. */
unsigned long long guard_strangers(void);

#ifdef __cplusplus
}
#endif
#endif
