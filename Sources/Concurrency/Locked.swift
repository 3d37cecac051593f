import Glibc

/// A value behind a lock, for state that is read without `await`.
///
/// A heap-allocated `pthread_mutex_t`, because ThreadSanitizer does not see `Synchronization.Mutex` on Linux and
/// reports correct code as a race.
@safe public final class Locked<Value: Sendable>: @unchecked Sendable {
    // @unchecked: `value` is only touched between lock and unlock of `mutex`, which lives as long as `self`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    /// Creates the lock around a first value.
    public init(_ value: Value) {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        let status = unsafe pthread_mutex_init(mutex, nil)
        precondition(status == 0, "a mutex cannot be created")
        self.value = value
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deinitialize(count: 1)
        unsafe mutex.deallocate()
    }

    /// Runs `body` with exclusive access to the value.
    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
