//! Checks the questions that answer: each chapter's «Predict» has an answer, with what
//! theme/predict.js needs to ask for it. DESIGN.md has the form.

use std::collections::{BTreeMap, BTreeSet};

use regex::Captures;

pattern!(QUOTE, r"(?s)<blockquote>\s*<p><strong>Predict\.</strong>.*?</blockquote>");
pattern!(ANSWER, r#"<div((?:[^>"]|"[^"]*")* class="answer"(?:[^>"]|"[^"]*")*)>\s*(<p>)?"#);
pattern!(ATTRIBUTE, r#"([\w-]+)="([^"]*)""#);

/// What is wrong with the answers of a page.
pub fn problems(html: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut in_quotes = 0;
    for quote in QUOTE.find_iter(html) {
        let answers: Vec<_> = ANSWER.captures_iter(quote.as_str()).collect();
        in_quotes += answers.len();
        match &answers[..] {
            [answer] => problems.extend(problem(answer)),
            _ => problems.push(format!("a Predict has {} answers, and not one", answers.len())),
        }
    }
    if ANSWER.find_iter(html).count() > in_quotes {
        problems.push("an answer is in no quotation that begins with **Predict.**".into());
    }
    problems.into_iter().map(|what| format!("predict: {what}")).collect()
}

fn problem(answer: &Captures) -> Option<String> {
    let attributes: BTreeMap<_, _> =
        ATTRIBUTE.captures_iter(&answer[1]).map(|a| (a[1].to_string(), a[2].to_string())).collect();
    let of = |name: &str| attributes.get(name).map(String::as_str);
    if of("hidden").is_none() {
        return Some("the answer is not hidden".into());
    }
    if answer.get(2).is_none() {
        return Some("after the answer's tag there is no blank line and no reason".into());
    }
    let wrong: Box<dyn Fn(&str) -> bool> = match (of("data-choices"), of("data-number")) {
        (Some(choices), None) => {
            let right = of("data-right").unwrap_or_default().to_string();
            let all = list(choices);
            let choices: BTreeSet<_> = all.iter().cloned().collect();
            if choices.len() < 2 || choices.len() != all.len() || choices.contains("") {
                return Some(format!("its choices are not two or more: {}", all.join(" | ")));
            }
            if !choices.contains(&right) {
                return Some(format!("its right answer is none of its choices: {right}"));
            }
            Box::new(move |given| given != right && choices.contains(given))
        }
        (None, Some(number)) => {
            let within = of("data-within").unwrap_or_default();
            let (Some(right), Some(within)) = (parse(number), parse(within).filter(|w| *w >= 0.0))
            else {
                return Some(format!("no number and what it may be off: {number} and {within}"));
            };
            Box::new(move |given| parse(given).is_some_and(|wrong| (wrong - right).abs() > within))
        }
        _ => return Some("it needs data-choices or data-number, and one of them".into()),
    };
    let hints = of("data-hints").map(list).unwrap_or_default();
    let is_wrong = |hint: &String| hint.split_once(": ").is_some_and(|(given, _)| wrong(given));
    let hint = hints.into_iter().find(|hint| !is_wrong(hint));
    hint.map(|hint| format!("its hint is not for a wrong answer: {hint}"))
}

/// The parts of a list with bars, without the source's line breaks.
fn list(text: &str) -> Vec<String> {
    let words = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split('|').map(words).collect()
}

fn parse(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
