//! The memory in the end is a sum: what is left of c_0, and what is left of each write i_k g_k.
//! Whatever was once written has been multiplied by each forget gate since then, and by nothing
//! else. Write the shares.
//!
//! Chapter: The cell state c (book/src/16-cell-state.md), "A number by hand".

#[derive(Clone, Copy)]
struct Step {
    f: f64,
    i: f64,
    g: f64,
}

/// What is left of c_0, and of what each step has written.
fn shares(c_0: f64, steps: &[Step]) -> (f64, Vec<f64>) {
    let kept = |steps: &[Step]| steps.iter().map(|step| step.f).product::<f64>();
    let mut written = Vec::new();
    for (k, step) in steps.iter().enumerate() {
        // TODO: which forget gates has this write met?
        written.push(step.i * step.g * kept(&steps[k..k]));
    }
    // TODO: and c_0?
    (c_0, written)
}

/// The chapter's three steps.
const STEPS: [Step; 3] = [
    Step { f: 0.9, i: 1.0, g: 0.5 },
    Step { f: 0.8, i: 0.4, g: -0.5 },
    Step { f: 0.5, i: 0.2, g: 0.5 },
];

fn main() {
    let c = STEPS.iter().fold(1.0, |c, step| step.f * c + step.i * step.g);
    let (start, written) = shares(1.0, &STEPS);
    println!("c_3 = {c:.2}; of c_0 there is {start:.2}, and of the writes {written:.2?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_write_by_itself() {
        let (_, written) = shares(1.0, &STEPS);
        for k in 0..3 {
            // The same three steps, with nothing written but at step k.
            let only = |j: usize, step: &Step| if j == k { step.i * step.g } else { 0.0 };
            let expected =
                STEPS.iter().enumerate().fold(0.0, |c, (j, step)| step.f * c + only(j, step));
            let is = |other: f64| (written[k] - other).abs() < 1e-12;
            let write = STEPS[k].i * STEPS[k].g;
            let why = if is(expected * STEPS[k].f) {
                "Its own forget gate acts on what was there before. It comes one step too early."
            } else if k == 0 && is(write) {
                "This is what was written. Have the gates after it acted, or those before it?"
            } else {
                ""
            };
            assert!(
                is(expected),
                "of what step {} wrote, there should be {expected:.4} and is {:.4}. {why}",
                k + 1,
                written[k]
            );
        }
    }

    #[test]
    fn of_the_start() {
        let (start, _) = shares(1.0, &STEPS);
        let why = if start == 1.0 {
            "Nothing has been forgotten."
        } else {
            "It meets all three forget gates."
        };
        assert!(
            (start - 0.36).abs() < 1e-12,
            "of c_0 there should be 0.36 and is {start:.4}. {why}"
        );
    }

    #[test]
    fn together_they_are_the_memory() {
        let c = STEPS.iter().fold(1.0, |c, step| step.f * c + step.i * step.g);
        let (start, written) = shares(1.0, &STEPS);
        let sum = start + written.iter().sum::<f64>();
        assert!(
            (sum - c).abs() < 1e-12,
            "the shares should sum to c_3 = {c:.4}, and sum to {sum:.4}."
        );
    }
}
