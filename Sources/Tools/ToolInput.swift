package import Support

/// The arguments of a call, after `ArgumentValidator` had its way: aliases have their proper names.
///
/// The getters throw `invalidArguments` with the parameter's name and the value that was given.
package struct ToolInput: Sendable, Equatable {
    /// All arguments; an object, or the call is refused at the first getter.
    package let json: JSON

    /// Wraps arguments; nothing is checked before a getter is called.
    package init(_ json: JSON) { self.json = json }

    /// A required string, possibly empty.
    package func string(_ name: String) throws(ToolError) -> String {
        guard let text = try optionalString(name) else { throw missing(name) }
        return text
    }

    /// A string; nil when it is absent or null.
    package func optionalString(_ name: String) throws(ToolError) -> String? {
        guard let value = given(name) else { return nil }
        guard let text = value.stringValue else { throw wrong(name, value, wanted: "a string") }
        return text
    }

    /// A required whole number.
    package func int(_ name: String) throws(ToolError) -> Int {
        guard let number = try optionalInt(name) else { throw missing(name) }
        return number
    }

    /// A whole number (`3.0` counts, and `"3"`); nil when it is absent or null.
    package func optionalInt(_ name: String) throws(ToolError) -> Int? {
        guard let value = given(name) else { return nil }
        if let number = value.intValue { return Int(number) }
        if let text = value.stringValue, let number = Int(text) { return number }
        throw wrong(name, value, wanted: "a whole number")
    }

    /// A truth value (`"true"` and `"false"` count); nil when it is absent or null.
    package func optionalBool(_ name: String) throws(ToolError) -> Bool? {
        guard let value = given(name) else { return nil }
        if let truth = value.boolValue { return truth }
        if let text = value.stringValue, let truth = Bool(text) { return truth }
        throw wrong(name, value, wanted: "true or false")
    }

    /// A required list.
    package func array(_ name: String) throws(ToolError) -> [JSON] {
        guard let items = try optionalArray(name) else { throw missing(name) }
        return items
    }

    /// A list; nil when it is absent or null.
    package func optionalArray(_ name: String) throws(ToolError) -> [JSON]? {
        guard let value = given(name) else { return nil }
        guard let items = value.arrayValue else { throw wrong(name, value, wanted: "a list") }
        return items
    }

    /// The members of an object argument; nil when it is absent or null.
    package func optionalObject(_ name: String) throws(ToolError) -> JSONObject? {
        guard let value = given(name) else { return nil }
        guard let object = value.objectValue else { throw wrong(name, value, wanted: "an object") }
        return object
    }

    private func given(_ name: String) -> JSON? {
        guard let value = json[name], !value.isNull else { return nil }
        return value
    }

    private func missing(_ name: String) -> ToolError {
        ToolError(.invalidArguments, "The argument '\(name)' is missing. Call the tool again with it.")
    }

    private func wrong(_ name: String, _ value: JSON, wanted: String) -> ToolError {
        ToolError(
            .invalidArguments,
            "The argument '\(name)' must be \(wanted), but is \(ArgumentValidator.shown(value)). Call the tool again.")
    }
}
