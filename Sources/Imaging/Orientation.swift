/// How a stored picture has to be turned to be seen upright (EXIF tag 0x0112, whose values are the raw values).
///
/// `topRight` means that the first stored row is the top and the first stored column the right side.
public enum Orientation: UInt8, Sendable, CaseIterable {
    case topLeft = 1
    case topRight, bottomRight, bottomLeft, leftTop, rightTop, rightBottom, leftBottom

    /// Whether stored rows become columns.
    public var swapsSides: Bool { rawValue >= Self.leftTop.rawValue }

    /// Where stored pixel (x, y) lies in the upright picture: at index `origin + x * column + y * row`.
    struct Placement { let origin, column, row: Int }

    /// The placement in an upright picture of `width` by `height` pixels.
    func placement(width: Int, height: Int) -> Placement {
        let (right, bottom) = (width - 1, (height - 1) * width)
        return switch self {
        case .topLeft: Placement(origin: 0, column: 1, row: width)
        case .topRight: Placement(origin: right, column: -1, row: width)
        case .bottomRight: Placement(origin: bottom + right, column: -1, row: -width)
        case .bottomLeft: Placement(origin: bottom, column: 1, row: -width)
        case .leftTop: Placement(origin: 0, column: width, row: 1)
        case .rightTop: Placement(origin: right, column: width, row: -1)
        case .rightBottom: Placement(origin: bottom + right, column: -width, row: -1)
        case .leftBottom: Placement(origin: bottom, column: -width, row: 1)
        }
    }
}
