extension JSONValue {
    /// Parses canonical bytes, strictly.
    ///
    /// Accepts exactly what `canonicalBytes()` writes: no white space, ascending unique ASCII keys, the escapes of
    /// RFC 8785 section 3.2.2.2, integers within ±2^53 in shortest form, valid UTF-8, at most 32 levels. Linear time.
    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        var parser = JSONParser(.canonical)
        return try parser.parseDocument(bytes.span)
    }

    /// Checks canonical bytes as strictly as `parse(_:)`, but builds only some members of the outermost object.
    ///
    /// - Throws: `.unexpectedByte` when the value is no object, and whatever `parse(_:)` throws.
    public static func parse(_ bytes: [UInt8], keeping keys: Set<String>) throws(JSONError) -> JSONObject {
        var parser = JSONParser(.canonical)
        return try parser.parseDocument(bytes.span, keeping: keys).objectValue ?? [:]
    }

    /// Parses ordinary JSON (RFC 8259) from outside: white space, any key order, every escape.
    ///
    /// Numbers with a fraction or an exponent, and integers beyond ±2^53, become `.string` with the number's own
    /// spelling, so that nothing is rounded and every result can be written canonically. Refused are duplicate keys,
    /// keys that are not ASCII, lone surrogates and more than 32 levels. Linear time.
    public static func parseRelaxed(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        var parser = JSONParser(.relaxed)
        return try parser.parseDocument(bytes.span)
    }
}
