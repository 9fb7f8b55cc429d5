/* libpq.so.5, opened when it is first needed: a program that never talks to PostgreSQL does not pay for it, and runs without it.
 * The functions are libpq's own under other names; call cpq_load first, every other function only after it returned 1.
 * The types are declared here so that no PostgreSQL header is needed to build. */
#ifndef CPQ_H
#define CPQ_H

#include <stddef.h>

typedef struct pg_conn cpq_connection;
typedef struct pg_result cpq_result;
typedef unsigned int cpq_oid;

/* The start of libpq's PGnotify, whose layout is part of its ABI. */
typedef struct cpq_notification {
    char *channel;
    int sender_pid;
    char *payload;
} cpq_notification;

#define CPQ_CONNECTION_OK 0
#define CPQ_CONNECTION_BAD 1
#define CPQ_POLLING_FAILED 0
#define CPQ_POLLING_READING 1
#define CPQ_POLLING_WRITING 2
#define CPQ_POLLING_OK 3
#define CPQ_EMPTY_QUERY 0
#define CPQ_COMMAND_OK 1
#define CPQ_TUPLES_OK 2
#define CPQ_ERRORS_VERBOSE 2
#define CPQ_DIAG_SQLSTATE 67 /* 'C' */
#define CPQ_DIAG_MESSAGE_PRIMARY 77 /* 'M' */

/* 1 when the library is there with all functions; else 0, and `reason` holds a text that ends with a NUL. Thread-safe; after a
 * failure the next call tries again. */
int cpq_load(char *reason, size_t size);

cpq_connection *cpq_connect_start(const char *const *keywords, const char *const *values);
int cpq_connect_poll(cpq_connection *connection);
int cpq_status(const cpq_connection *connection);
int cpq_socket(const cpq_connection *connection);
int cpq_server_version(const cpq_connection *connection);
const char *cpq_error_message(const cpq_connection *connection);
void cpq_set_verbose_errors(cpq_connection *connection);
void cpq_silence_notices(cpq_connection *connection);
int cpq_set_nonblocking(cpq_connection *connection);
void cpq_finish(cpq_connection *connection);

int cpq_send_query(cpq_connection *connection, const char *sql);
int cpq_send_query_params(cpq_connection *connection, const char *sql, int count, const cpq_oid *types,
                          const char *const *values, const int *lengths, const int *formats, int result_format);
int cpq_flush(cpq_connection *connection);
int cpq_consume_input(cpq_connection *connection);
int cpq_is_busy(cpq_connection *connection);
cpq_result *cpq_get_result(cpq_connection *connection);
/* The next notification, to be freed with cpq_free; NULL when there is none. */
cpq_notification *cpq_notifies(cpq_connection *connection);
void cpq_free(void *memory);

int cpq_result_status(const cpq_result *result);
const char *cpq_result_field(const cpq_result *result, int field);
const char *cpq_result_message(const cpq_result *result);
int cpq_rows(const cpq_result *result);
const char *cpq_value(const cpq_result *result, int row, int column);
int cpq_length(const cpq_result *result, int row, int column);
int cpq_is_null(const cpq_result *result, int row, int column);
void cpq_clear(cpq_result *result);

#endif
