import Glibc

/// How many processors this process may use.
public enum ProcessorCount {
    public static let available = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}
