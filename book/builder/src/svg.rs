//! `{{#svg file text | caption}}`: a picture inside the page, so that its `currentColor`
//! and CSS variables are those of the page.

use std::collections::BTreeSet;

use regex::Captures;

use crate::html;

pattern!(PROLOG, r"(?s)<\?xml.*?\?>|<!DOCTYPE[^>]*>|<!--.*?-->");
pattern!(PICTURE, r#"(?s)^<svg\b((?:[^>"']|"[^"]*"|'[^']*')*)>(.*</svg>)$"#);
pattern!(LABEL, r#"\s(?:role|aria-label|aria-labelledby)\s*=\s*(?:"[^"]*"|'[^']*')"#);
pattern!(ID, r#"(\sid\s*=\s*["'])([^"']+)"#);
pattern!(REFERENCE, r"#([A-Za-z_][\w.:-]*)");

/// The source as one line of HTML that says `alt`. Each id gets the prefix, for
/// two pictures may well have the same ids.
pub fn inline(source: &str, alt: &str, prefix: &str) -> Result<String, String> {
    if alt.is_empty() {
        return Err("the picture needs a text behind its file".into());
    }
    let source = PROLOG.replace_all(source, "");
    let picture = PICTURE.captures(source.trim()).ok_or("it is not from <svg to </svg>")?;
    if source.contains("<script") || source.contains("<![CDATA[") {
        return Err("it has a script or a CDATA section".into());
    }
    let attributes = LABEL.replace_all(&picture[1], "");
    let (alt, body) = (html::escape(alt), &picture[2]);
    let svg = format!(r#"<svg role="img" aria-label="{alt}"{attributes}>{body}"#);
    let ids: BTreeSet<String> = ID.captures_iter(&svg).map(|id| id[2].into()).collect();
    let svg = ID.replace_all(&svg, |id: &Captures| format!("{}{prefix}{}", &id[1], &id[2]));
    let svg = REFERENCE.replace_all(&svg, |to: &Captures| match ids.contains(&to[1]) {
        true => format!("#{prefix}{}", &to[1]),
        false => to[0].into(),
    });
    Ok(format!(r#"<div class="picture">{}</div>"#, svg.replace(['\n', '\r'], " ")))
}
