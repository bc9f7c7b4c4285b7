//! What holds for every figure on every page: it can be read in both themes, on a wide and on a
//! narrow window, without a mouse, without eyes, without a script and on paper.

use serde_json::json;

use super::in_browser;
use browser::{Page, book};

/// Texts of a figure that are hard to read: small, pale, or outside of the figure.
const HARD_TO_READ: &str = r#"
((f) => {
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pixel.getImageData(0, 0, 1, 1).data].map((byte) =>
      byte < 10.31 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const ground = light(getComputedStyle(document.documentElement).getPropertyValue("--bg"));
  const box = f.getBoundingClientRect();
  const problems = box.left < 0 || box.right > innerWidth ? ["the figure is outside of the window"] : [];
  for (const node of all(".live *", f)) {
    if (!isShown(node)) continue;
    const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    const isDrawn = node instanceof SVGElement;
    const style = getComputedStyle(node);
    const wrong = (what) => problems.push(`${what}: ${node.textContent || node.outerHTML}`);
    const place = node.getBoundingClientRect();
    if ((hasText || !isDrawn) && (place.left < box.left - 1 || place.right > box.right + 1))
      wrong("outside, to the side");
    if (!hasText) continue;
    const ink = light(isDrawn ? style.fill : style.color);
    const contrast = Math.max(ink, ground) / Math.min(ink, ground);
    if (contrast < 4.5) wrong(`contrast ${contrast.toFixed(1)}`);
    // An index may be smaller, as it is in a formula of the text.
    const least = node.closest(".index, sub, sup") ? 8 : 11;
    const size = parseFloat(style.fontSize);
    if (size < least) wrong(`${size} px`);
    const frame = isDrawn ? node.closest(".live > svg").getBoundingClientRect() : box;
    // A drawing has a margin of 10 pixels, and a line of text is higher than its letters.
    if (place.top < frame.top - 10 || place.bottom > frame.bottom + 10) wrong("outside, above or below");
  }
  return problems;
})"#;

/// Goes through all figures of all pages.
fn each_figure(page: &mut Page, mut test: impl FnMut(&mut Page, &str, &str)) {
    for (name, figures) in book::pages() {
        page.open(&name);
        for figure in figures {
            page.reach(&figure);
            test(page, &name, &figure);
        }
    }
}

fn can_be_read(width: u32, is_dark: bool) {
    in_browser(|page| {
        page.resize(width);
        if is_dark {
            page.darken();
        }
        let mut problems = Vec::new();
        each_figure(page, |page, name, figure| {
            assert_eq!(page.eval("document.documentElement.matches('.navy')"), is_dark);
            // As it is at the start, and with all of its sliders at their ends.
            for all_at in ["value", "min", "max"] {
                page.eval(&format!(
                    "all('input[type=range]', figure('{figure}')).forEach((input) => slide(input, input.{all_at}))"
                ));
                let found = page.eval(&format!("{HARD_TO_READ}(figure('{figure}'))"));
                for problem in found.as_array().expect("a list") {
                    problems.push(format!("{name}, {figure} at {all_at}: {problem}"));
                }
            }
            let wide = page.eval("document.documentElement.scrollWidth - innerWidth");
            assert!(wide.as_f64() <= Some(0.0), "{name} is {wide} pixels too wide");
        });
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    });
}

#[test]
fn light_and_wide() {
    can_be_read(1280, false);
}

#[test]
fn light_and_narrow() {
    can_be_read(390, false);
}

#[test]
fn dark_and_wide() {
    can_be_read(1280, true);
}

#[test]
fn dark_and_narrow() {
    can_be_read(390, true);
}

#[test]
fn keyboard() {
    in_browser(|page| {
        each_figure(page, |page, name, figure| {
            let f = format!("figure('{figure}')");
            // Everything that can be moved or pressed is a stop of the Tab key, in its order; of
            // a choice only the chosen one is.
            let stops = format!(
                "all('button:enabled, input[type=range], input:checked', {f}).filter((stop) => isShown(stop.parentNode))"
            );
            page.eval(&format!("{stops}[0].focus()"));
            let count = page.eval(&format!("{stops}.length")).as_u64().expect("a number");
            for k in 0..count {
                let focus = page.eval(&format!("{stops}.indexOf(document.activeElement)"));
                assert_eq!(focus, k, "{name}, {figure}");
                page.press("ArrowRight");
                page.press("ArrowLeft");
                page.press("Tab");
            }
            let here = page.eval("location.pathname");
            assert!(here.as_str().is_some_and(|path| path.ends_with(name)), "{figure} left {name}");
        });
    });
}

#[test]
fn keys_of_a_figure() {
    in_browser(|page| {
        page.open(&book::chapter("lstm-at-a-glance"));
        page.reach("cell");
        let c = "steps(figure('cell')).includes('1.3560')";
        page.eval("slider(figure('cell'), 'input').focus()");
        page.press("ArrowRight");
        assert_eq!(page.eval("slider(figure('cell'), 'input').value"), "1.05");
        assert_eq!(page.eval(c), false);
        page.press("Home");
        assert_eq!(page.eval("slider(figure('cell'), 'input').value"), "-3");
        page.eval("button(figure('cell'), 'reset').focus()");
        page.press("Enter");
        assert_eq!(page.eval(c), true);
        page.eval("button(figure('cell'), 'step').focus()");
        page.press("Space");
        assert_eq!(page.eval("steps(figure('cell')).includes('0.7625')"), true);
        page.eval("option(figure('cell'), 'values →').focus()");
        page.press("ArrowRight");
        assert_eq!(page.eval("option(figure('cell'), '← ∂h').checked"), true);
        // Outside of a figure the same key turns the page.
        page.eval("document.activeElement.blur()");
        page.press("ArrowRight");
        page.wait("location.pathname.endsWith('-input-gate.html')");
    });
}

#[test]
fn names_and_silence() {
    in_browser(|page| {
        each_figure(page, |page, name, figure| {
            let place = format!("{name}, {figure}");
            let f = format!("figure('{figure}')");
            // The names that Chromium would tell a screen reader.
            let object = page.call("Runtime.evaluate", json!({
                "expression": format!("document.querySelector('tapestry-figure[name={figure:?}] .live')"),
            }));
            let id = json!({ "objectId": object["result"]["objectId"] });
            let tree = page.call("Accessibility.queryAXTree", id);
            let nodes = tree["nodes"].as_array().expect("a list").iter();
            let nodes: Vec<_> = nodes.filter(|node| node["ignored"] != true).collect();
            let of = |role: &str| nodes.iter().filter(|node| node["role"]["value"] == role).count();
            assert!(of("slider") + of("button") > 0, "{place}");
            for node in &nodes {
                let role = node["role"]["value"].as_str().unwrap_or_default();
                if ["slider", "button", "radio", "image", "img"].contains(&role) {
                    assert!(
                        node["name"]["value"].as_str().is_some_and(|name| !name.is_empty()),
                        "{place}: {node}"
                    );
                }
            }
            // Nothing speaks by itself while a slider moves.
            let speaks = page.eval(&format!(
                "all('output, [role=status], [role=alert], [role=log], [aria-live]', {f})
                   .filter((node) => node.getAttribute('aria-live') !== 'off').length"
            ));
            assert_eq!(speaks, 0, "{place}");
            // Each picture says other words when its numbers change.
            for begin in ["one epoch", "to the end"] {
                page.eval(&format!("button({f}, '{begin}')?.click()"));
            }
            let silent = page.eval(&format!("(() => {{
              const silent = new Set(labels({f}));
              for (const input of all('input[type=range]', {f}))
                for (const value of [input.min, input.max]) {{
                  const before = labels({f});
                  slide(input, value);
                  labels({f}).forEach((label, k) => label !== before[k] && (silent.delete(before[k]), silent.delete(label)));
                }}
              return [...silent];
            }})()"));
            let is_moved = of("slider") > 0;
            assert!(!is_moved || silent == json!([]), "{place}: {silent}");
        });
    });
}

/// Checks that of all figures of a page what runs is shown, or else the picture.
fn what_runs_is_shown(page: &mut Page, is_shown: bool) {
    let wrong = page.eval(&format!(
        "all('tapestry-figure').filter((f) =>
           isShown(f.querySelector('.picture svg')) === {is_shown} ||
           isShown(f.querySelector('.live')) !== {is_shown}).map((f) => f.getAttribute('name'))"
    ));
    assert_eq!(wrong, json!([]));
}

#[test]
fn without_a_script() {
    in_browser(|page| {
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        for name in book::pages().keys() {
            page.open(name);
            what_runs_is_shown(page, false);
        }
    });
}

#[test]
fn on_paper() {
    in_browser(|page| {
        for (name, figures) in book::pages() {
            page.open(&name);
            for figure in figures {
                page.reach(&figure);
            }
            what_runs_is_shown(page, true);
            page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
            what_runs_is_shown(page, false);
            page.call("Emulation.setEmulatedMedia", json!({ "media": "" }));
        }
    });
}

#[test]
fn all_chapters_in_one_page() {
    in_browser(|page| {
        page.open("print.html");
        let count = book::pages().into_iter().filter(|(name, _)| *name != "index.html");
        let count: usize = count.map(|(_, figures)| figures.len()).sum();
        assert_eq!(page.eval("all('tapestry-figure').length"), count);
        for k in 0..count {
            page.eval(&format!("all('tapestry-figure')[{k}].scrollIntoView()"));
            page.wait(&format!("all('tapestry-figure')[{k}].matches('.runs')"));
        }
        what_runs_is_shown(page, true);
        assert_eq!(page.eval("all('.live').length"), count);
    });
}
