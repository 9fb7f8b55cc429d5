#include "cpq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* One line a function of libpq: type, our name, libpq's name, parameters. */
#define FUNCTIONS(F) \
    F(cpq_connection *, connect_start, "PQconnectStartParams", (const char *const *, const char *const *, int)) \
    F(int, connect_poll, "PQconnectPoll", (cpq_connection *)) \
    F(int, status, "PQstatus", (const cpq_connection *)) \
    F(int, socket, "PQsocket", (const cpq_connection *)) \
    F(int, server_version, "PQserverVersion", (const cpq_connection *)) \
    F(char *, error_message, "PQerrorMessage", (const cpq_connection *)) \
    F(int, set_verbosity, "PQsetErrorVerbosity", (cpq_connection *, int)) \
    F(void *, set_notice_receiver, "PQsetNoticeReceiver", (cpq_connection *, void (*)(void *, const cpq_result *), void *)) \
    F(int, set_nonblocking, "PQsetnonblocking", (cpq_connection *, int)) \
    F(void, finish, "PQfinish", (cpq_connection *)) \
    F(int, send_query, "PQsendQuery", (cpq_connection *, const char *)) \
    F(int, send_query_params, "PQsendQueryParams", \
      (cpq_connection *, const char *, int, const cpq_oid *, const char *const *, const int *, const int *, int)) \
    F(int, flush, "PQflush", (cpq_connection *)) \
    F(int, consume_input, "PQconsumeInput", (cpq_connection *)) \
    F(int, is_busy, "PQisBusy", (cpq_connection *)) \
    F(cpq_result *, get_result, "PQgetResult", (cpq_connection *)) \
    F(cpq_notification *, notifies, "PQnotifies", (cpq_connection *)) \
    F(void, free_memory, "PQfreemem", (void *)) \
    F(int, result_status, "PQresultStatus", (const cpq_result *)) \
    F(char *, result_field, "PQresultErrorField", (const cpq_result *, int)) \
    F(char *, result_message, "PQresultErrorMessage", (const cpq_result *)) \
    F(int, rows, "PQntuples", (const cpq_result *)) \
    F(char *, value, "PQgetvalue", (const cpq_result *, int, int)) \
    F(int, length, "PQgetlength", (const cpq_result *, int, int)) \
    F(int, is_null, "PQgetisnull", (const cpq_result *, int, int)) \
    F(void, clear, "PQclear", (cpq_result *))

#define DECLARE(type, name, symbol, parameters) type(*name) parameters;
static struct { FUNCTIONS(DECLARE) } pq;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int loaded;

static int load(char *reason, size_t size) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *error = dlerror();
        snprintf(reason, size, "%s", error ? error : "libpq.so.5 cannot be opened");
        return 0;
    }
#define FIND(type, name, symbol, parameters) \
    *(void **)&pq.name = dlsym(library, symbol); \
    if (!pq.name) { \
        snprintf(reason, size, "libpq.so.5 lacks %s", symbol); \
        dlclose(library); \
        return 0; \
    }
    FUNCTIONS(FIND)
    return 1;
}

int cpq_load(char *reason, size_t size) {
    pthread_mutex_lock(&lock);
    if (!loaded) loaded = load(reason, size);
    int result = loaded;
    pthread_mutex_unlock(&lock);
    return result;
}

static void ignore_notice(void *argument, const cpq_result *result) { (void)argument, (void)result; }

cpq_connection *cpq_connect_start(const char *const *keywords, const char *const *values) {
    return pq.connect_start(keywords, values, 1);
}
int cpq_connect_poll(cpq_connection *c) { return pq.connect_poll(c); }
int cpq_status(const cpq_connection *c) { return pq.status(c); }
int cpq_socket(const cpq_connection *c) { return pq.socket(c); }
int cpq_server_version(const cpq_connection *c) { return pq.server_version(c); }
const char *cpq_error_message(const cpq_connection *c) { return pq.error_message(c); }
void cpq_set_verbose_errors(cpq_connection *c) { pq.set_verbosity(c, CPQ_ERRORS_VERBOSE); }
void cpq_silence_notices(cpq_connection *c) { pq.set_notice_receiver(c, ignore_notice, NULL); }
int cpq_set_nonblocking(cpq_connection *c) { return pq.set_nonblocking(c, 1); }
void cpq_finish(cpq_connection *c) { pq.finish(c); }
int cpq_send_query(cpq_connection *c, const char *sql) { return pq.send_query(c, sql); }
int cpq_send_query_params(cpq_connection *c, const char *sql, int count, const cpq_oid *types, const char *const *values,
                          const int *lengths, const int *formats, int result_format) {
    return pq.send_query_params(c, sql, count, types, values, lengths, formats, result_format);
}
int cpq_flush(cpq_connection *c) { return pq.flush(c); }
int cpq_consume_input(cpq_connection *c) { return pq.consume_input(c); }
int cpq_is_busy(cpq_connection *c) { return pq.is_busy(c); }
cpq_result *cpq_get_result(cpq_connection *c) { return pq.get_result(c); }
cpq_notification *cpq_notifies(cpq_connection *c) { return pq.notifies(c); }
void cpq_free(void *memory) { pq.free_memory(memory); }
int cpq_result_status(const cpq_result *r) { return pq.result_status(r); }
const char *cpq_result_field(const cpq_result *r, int field) { return pq.result_field(r, field); }
const char *cpq_result_message(const cpq_result *r) { return pq.result_message(r); }
int cpq_rows(const cpq_result *r) { return pq.rows(r); }
const char *cpq_value(const cpq_result *r, int row, int column) { return pq.value(r, row, column); }
int cpq_length(const cpq_result *r, int row, int column) { return pq.length(r, row, column); }
int cpq_is_null(const cpq_result *r, int row, int column) { return pq.is_null(r, row, column); }
void cpq_clear(cpq_result *r) { pq.clear(r); }
