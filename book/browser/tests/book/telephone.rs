//! On a telephone no page is wider than the window, and next to nothing is cut off.

use super::in_browser;
use browser::book;

/// How much of a page is wider than its place: the page itself, formulas, and code.
const TOO_WIDE: &str = "(() => {
  all('details').forEach((node) => (node.open = true));
  const isWide = (node) => node.scrollWidth > node.clientWidth;
  const code = all('pre').filter((pre) => [pre, ...all('code', pre)].some(isWide));
  return [all('html, .content').filter(isWide), all('.formula').filter(isWide), code].map((wide) => wide.length);
})()";

#[test]
fn next_to_nothing_scrolls_sideways() {
    in_browser(|page| {
        page.resize(390);
        let (mut count, mut pages) = ([0; 3], Vec::new());
        for name in book::names() {
            page.open(&name);
            let found = page.eval(TOO_WIDE);
            let found: [u64; 3] = [0, 1, 2].map(|k| found[k].as_u64().expect("a number"));
            count.iter_mut().zip(found).for_each(|(count, found)| *count += found);
            if found != [0; 3] {
                pages.push(format!("{name}: {found:?}"));
            }
        }
        let [wide, formulas, code] = count;
        let few = wide == 0 && formulas <= 10 && code <= 40;
        assert!(few, "pages, formulas, code that scroll: {count:?}\n{}", pages.join("\n"));
    });
}
