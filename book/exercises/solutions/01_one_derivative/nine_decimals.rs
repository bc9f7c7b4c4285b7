//! This slope of the sine should be right to nine decimals, and it is not.
//!
//! Before you change the formula, try to save it by a better step. How near do you get, and which
//! of the two errors of the chapter stops you? Then mend it.
//!
//! Chapter: One derivative (book/src/01-one-derivative.md), "The central difference" and "The
//! V-curve".

fn slope(f: fn(f64) -> f64, x: f64) -> f64 {
    let h = 6e-6;
    // The forward difference has an error like h, and meets round-off where h is about 1.5e-8: its
    // best error is of that size. With a lucky step it may be better at one place, but not at all
    // three. The central difference has an error like h².
    (f(x + h) - f(x - h)) / (2.0 * h)
}

fn main() {
    for x in [0.5, 1.0, 2.0_f64] {
        println!("at {x}: {:.12}, off by {:.1e}", slope(f64::sin, x), slope(f64::sin, x) - x.cos());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        /// Where the sine was asked for: from there one sees the step, and to which sides it goes.
        static POINTS: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
    }

    fn sin(x: f64) -> f64 {
        POINTS.with_borrow_mut(|points| points.push(x));
        x.sin()
    }

    /// What makes the error. The two errors are known apart: truncation is what the Taylor series
    /// says of the step.
    fn why(x: f64, found: f64) -> &'static str {
        let points = POINTS.take();
        let left = points.iter().copied().fold(f64::INFINITY, f64::min);
        let right = points.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (run, rise) = (right - left, right.sin() - left.sin());
        let (h, to_both_sides) = (f64::max(right - x, x - left), left < x && x < right);

        // The points are rounded, and so is the run that they show.
        let is_rise_by = |run: f64| {
            (found * run - rise).abs() <= 1e-6 * rise.abs() + 4.0 * f64::EPSILON * found.abs()
        };
        let error = (found - x.cos()).abs();
        if points.len() != 2 {
            "A smaller step has less truncation, and more round-off."
        } else if rise == 0.0 {
            "The step is so small that nothing changes."
        } else if run < 1e-14 {
            "Round-off: the step is so small that nothing else can be seen."
        } else if to_both_sides && is_rise_by(h) {
            "It is twice the slope: from x − h to x + h is a way of 2h."
        } else if !to_both_sides && is_rise_by(2.0 * h) {
            "It is half the slope: from x to x + h is a way of h."
        } else if is_rise_by(2.0 / h) {
            "It is divided by 2, and then multiplied by h: `/ 2.0 * h` needs parentheses."
        } else if !is_rise_by(run) {
            "It is not the rise divided by the run."
        } else if to_both_sides && h * h / 6.0 * x.cos().abs() > error / 2.0 {
            "Truncation, about h²/6 · cos x: the formula is right, and the step too large."
        } else if to_both_sides {
            "Round-off: the formula is right, and the step too small. The chapter has the best one."
        } else if h / 2.0 * x.sin().abs() > error / 2.0 && h < 3e-8 {
            "Truncation, about h/2 · sin x, and round-off is nearly as large: a smaller step has \
             more of it. Change the formula."
        } else if h / 2.0 * x.sin().abs() > error / 2.0 {
            "Truncation, about h/2 · sin x: this looks to one side only."
        } else {
            "Round-off: the step is so small that the last digits are nearly all that is left. A \
             larger step has more truncation. Change the formula."
        }
    }

    #[test]
    fn nine_decimals_of_the_cosine() {
        for x in [0.5, 1.0, 2.0_f64] {
            let (found, expected) = (slope(sin, x), x.cos());
            let (error, why) = ((found - expected).abs(), why(x, found));
            assert!(
                error < 1e-9,
                "the slope of sin at {x} should be {expected:.10} and is {found:.10}, off by \
                 {error:.0e}. {why}"
            );
        }
    }
}
