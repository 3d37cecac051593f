#pragma once
#include <sqlite3.h>

/// SQLITE_TRANSIENT is a cast Swift cannot import; NULL, the base of an empty Swift buffer, would store NULL.
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}

static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, text ? text : "", count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// `sqlite3_db_config` is variadic. A database from elsewhere must not be able to run anything: no triggers of its own
/// that call functions with side effects, no writable schema.
static inline int csqlite_defend(sqlite3 *database) {
    int status = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    if (status == SQLITE_OK) status = sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    return status;
}

static inline void csqlite_true(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count, (void)values;
    sqlite3_result_int(context, 1);
}

/// Gives a connection the right to append entries: the trigger of that table asks a function that no other one has.
static inline int csqlite_allow_appends(sqlite3 *database) {
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    return sqlite3_create_function_v2(database, "cxrledger_appends", 0, flags, (void *)0, csqlite_true, 0, 0, 0);
}
