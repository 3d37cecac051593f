#pragma once
#include <malloc.h>
#include <stdint.h>
#include <sys/socket.h>
#include <microhttpd.h>

/// The numbers a daemon is started with; sizes in bytes, times in seconds, 0 meaning no limit.
struct cmicrohttpd_settings {
    int listening_socket;
    unsigned int threads;
    unsigned int connection_limit;
    unsigned int address_limit;
    unsigned int idle_seconds;
    size_t connection_memory;
};

/// The functions a daemon calls, all with the same first argument.
struct cmicrohttpd_callbacks {
    void *context;
    MHD_AcceptPolicyCallback policy;
    MHD_AccessHandlerCallback access;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
};

/// Leaves escapes alone: the Swift side decodes strictly, the library's own decoder lets bad escapes pass.
static inline size_t cmicrohttpd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void) context;
    (void) connection;
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

/// MHD_start_daemon is variadic.
static inline struct MHD_Daemon *cmicrohttpd_start(
    const struct cmicrohttpd_settings *settings, const struct cmicrohttpd_callbacks *callbacks) {
    // A pool of one thread is refused; without the option the daemon has exactly one.
    struct MHD_OptionItem pool[] = {
        {settings->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t) settings->threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0,
        callbacks->policy, callbacks->context,
        callbacks->access, callbacks->context,
        MHD_OPTION_LISTEN_SOCKET, settings->listening_socket,
        MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->address_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory,
        // What a stricter level refuses with a page of the library's own is refused by the Swift side.
        MHD_OPTION_STRICT_FOR_CLIENT, (int) 0,
        MHD_OPTION_UNESCAPE_CALLBACK, &cmicrohttpd_keep_escapes, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, callbacks->target, callbacks->context,
        MHD_OPTION_NOTIFY_COMPLETED, callbacks->completed, callbacks->context,
        MHD_OPTION_NOTIFY_CONNECTION, callbacks->connection, callbacks->context,
        MHD_OPTION_ARRAY, pool,
        MHD_OPTION_END);
}

/// MHD_get_connection_info is variadic. Answers -1 when the descriptor is unknown.
static inline int cmicrohttpd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// The client's socket address, or NULL.
static inline const struct sockaddr *cmicrohttpd_client(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

/// What the connection callback left in `socket_context`, or NULL.
static inline void *cmicrohttpd_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/// Macros with a cast.
static const uint64_t cmicrohttpd_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t cmicrohttpd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t cmicrohttpd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

/// Fixes the size in bytes from which the C library maps and unmaps each block on its own; 1 when it worked.
static inline int cmicrohttpd_map_blocks_from(int size) { return mallopt(M_MMAP_THRESHOLD, size); }
