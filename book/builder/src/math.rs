//! Formulas: KaTeX's HTML and MathML for them, made when the book is built.

use katex::{KatexContext, Settings, StrictMode, StrictSetting};
use regex::Captures;

// The classes with which KaTeX asks for a font that theme/fonts leaves out.
pattern!(MISSING_FONT, r#"class="[^"]*\b(?:math|text)(?:bold|it)?(?:frak|scr|sf|sfit)\b"#);

// A tag with several attributes, and one of them.
pattern!(TAG, r#"<(\w+)((?: [\w:-]+=(?:"[^"]*"|'[^']*')){2,})"#);
pattern!(ATTRIBUTE, r#" [\w:-]+=(?:"[^"]*"|'[^']*')"#);

/// Renders formulas.
pub struct Math(KatexContext);

impl Math {
    /// Loads KaTeX's tables.
    pub fn new() -> Self {
        Math(KatexContext::default())
    }

    /// The HTML of a formula, `display` if it stands alone.
    pub fn render(&self, tex: &str, display: bool) -> Result<String, String> {
        // Macros that a formula defines are kept in its settings, so each formula
        // has its own. What LaTeX would refuse is refused: GitHub shows the same
        // sources with another renderer.
        let settings = Settings::builder()
            .display_mode(display)
            .strict(StrictSetting::Mode(StrictMode::Error))
            .build();
        let html = katex::render_to_string(&self.0, tex, &settings)
            .map_err(|error| format!("{error}, in the formula {tex}"))?;
        let refused = [
            (MISSING_FONT.is_match(&html), "this font is not in book/theme/fonts"),
            (html.contains("katex-newline"), "a line break outside of aligned"),
            (html.contains("eqn-num"), "numbers that are no \\tag: use aligned"),
        ];
        if let Some((_, what)) = refused.iter().find(|(refused, _)| *refused) {
            return Err(format!("{what}, in the formula {tex}"));
        }
        // Its attributes come in an order that differs from one run to the next.
        let html = TAG.replace_all(&html, |tag: &Captures| {
            let mut attributes: Vec<_> = ATTRIBUTE.find_iter(&tag[2]).map(|a| a.as_str()).collect();
            attributes.sort_unstable();
            format!("<{}{}", &tag[1], attributes.concat())
        });
        // There are line breaks in the TeX that it keeps.
        Ok(html.replace('\n', "&#10;"))
    }
}
