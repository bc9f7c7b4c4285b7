//! Patterns that are compiled once.

/// `pattern!(NAME, "regular expression")` is a static of that name.
macro_rules! pattern {
    ($name:ident, $pattern:literal) => {
        static $name: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| {
            regex::Regex::new($pattern).expect("each pattern is used in a test")
        });
    };
}
