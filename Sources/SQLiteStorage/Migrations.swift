/// The SQL files of `migrations/sqlite`, carried inside the program.
enum Migrations {
    static let log = [
        Migration(name: "0001_entries", sql: String(decoding: PackageResources._001_entries_sql, as: UTF8.self))
    ]
    static let secrets = [
        Migration(name: "0001_subjects", sql: String(decoding: PackageResources._001_subjects_sql, as: UTF8.self))
    ]
}
