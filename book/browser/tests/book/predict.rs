//! The question at the beginning of each chapter answers, and stands alone without a script.

use serde_json::json;

use super::in_browser;
use browser::book;

/// Gives each question of a page all wrong answers that are offered, or a number that is far off,
/// and then the right one. Returns how many questions there are and what was not as it should be.
const ASK: &str = r#"(() => {
  const problems = [];
  const answers = all('blockquote > .answer');
  for (const answer of answers) {
    const form = answer.parentElement.querySelector('form.predict');
    const { right, number, within } = answer.dataset;
    const told = () => form.querySelector('[role=status]').textContent;
    const expect = (is, what) => is || problems.push(`${what}: ${told()}`);
    expect(!isShown(answer), 'the answer is there before the question');
    const choices = all('fieldset button', form);
    const type = (text) => {
      form.querySelector('input').value = text;
      choices[0].click();
    };
    if (number === undefined) {
      for (const wrong of choices.filter((choice) => choice.textContent !== right)) {
        wrong.click();
        expect(told().startsWith(`${wrong.textContent}: not this one.`), wrong.textContent);
        expect(!isShown(answer), `${wrong.textContent} shows the answer`);
      }
      choices.find((choice) => choice.textContent === right).click();
    } else {
      type('about');
      expect(told().startsWith('Type a number'), 'a word');
      const far = String(Number(number) + 1000 * (1 + Number(within)));
      type(far);
      expect(told().startsWith(`${far}: not this one.`) && !isShown(answer), far);
      type(number.replace('.', ','));
    }
    expect(told() === `Right: ${right ?? number}.` && isShown(answer), 'the right answer');
  }
  return [answers.length, problems];
})()"#;

#[test]
fn every_question_answers() {
    in_browser(|page| {
        let mut count = 0;
        for name in book::names() {
            page.open(&name);
            let found = page.eval(ASK);
            assert_eq!(found[1], json!([]), "{name}");
            count += found[0].as_u64().expect("a number");
        }
        assert!(count >= 29, "{count} questions");
    });
}

#[test]
fn one_who_gives_up() {
    in_browser(|page| {
        page.open(&book::chapter("forget-gate"));
        page.eval("all('form.predict fieldset button')[0].click()");
        page.wait("!isShown(all('.answer')[0])");
        page.eval("all('form.predict > button')[0].click()");
        page.wait("isShown(all('.answer')[0]) && document.activeElement === all('.answer')[0]");
    });
}

#[test]
fn without_a_script_the_question_stands_alone() {
    in_browser(|page| {
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        page.open(&book::chapter("forget-gate"));
        assert_eq!(
            page.eval("[all('.answer').some(isShown), all('form.predict').length]"),
            json!([false, 0])
        );
    });
}
