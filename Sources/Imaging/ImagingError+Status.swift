import CImageCodecs

extension ImagingError {
    /// Throws what a status of the C codecs means, unless it means success.
    static func check(_ status: cic_status) throws(ImagingError) {
        switch status {
        case CIC_OK: return
        case CIC_TRUNCATED: throw ImagingError(.truncated)
        case CIC_UNSUPPORTED: throw ImagingError(.unsupportedVariant)
        case CIC_TOO_LARGE: throw ImagingError(.tooLarge)
        case CIC_TOO_SLOW: throw ImagingError(.tooSlow)
        case CIC_OUT_OF_MEMORY: throw ImagingError(.outOfMemory)
        default: throw ImagingError(.corrupt)
        }
    }
}
