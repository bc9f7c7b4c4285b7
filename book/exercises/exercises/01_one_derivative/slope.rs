//! The first derivative: the slope of the line through two points of a curve.
//!
//! `slope` gets a function, a place `x` and a step `h`. How much does `f` grow from `x` to `x + h`,
//! for each unit of the way?
//!
//! Chapter: One derivative (book/src/01-one-derivative.md), "The limit".

fn slope(f: fn(f64) -> f64, x: f64, h: f64) -> f64 {
    // TODO: this is only the height at the end of the step.
    f(x + h)
}

fn main() {
    // The slope of x³ at 1: it should come nearer and nearer to 3.
    for h in [1.0, 0.1, 0.01, 0.001] {
        println!("h = {h:<5}   slope = {:.6}", slope(|x| x * x * x, 1.0, h));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_the_rise_by_the_run() {
        type Curve = (&'static str, fn(f64) -> f64, f64, f64, f64);
        let curves: [Curve; 3] = [
            ("x² at 3 with h = 0.5", |x| x * x, 3.0, 0.5, 6.5),
            ("x³ at 1 with h = 0.1", |x| x * x * x, 1.0, 0.1, 3.31),
            ("5 − 2x at 4 with h = 0.25", |x| 5.0 - 2.0 * x, 4.0, 0.25, -2.0),
        ];
        for (name, f, x, h, expected) in curves {
            let found = slope(f, x, h);
            let is = |other: f64| (found - other).abs() < 1e-9;
            let why = if is(f(x + h)) {
                "This is the height f(x + h), not a slope."
            } else if is(f(x + h) - f(x)) {
                "This is the rise alone. Divide it by the run."
            } else if is(f(x + h) - f(x) / h) {
                "Only f(x) is divided: parentheses."
            } else if is((f(x + h) - f(x)) / (x + h)) {
                "The run is how far x has moved, not where it ends."
            } else if is(-expected) {
                "The sign is wrong: a curve that goes up has a positive slope."
            } else if is((f(x + h) - f(x - h)) / (2.0 * h)) {
                "This steps to both sides of x, which comes next. Here, stay between x and x + h."
            } else {
                "Rise, divided by run."
            };
            assert!(
                is(expected),
                "the slope of {name} should be {expected} and is {found:.4}. {why}"
            );
        }
    }
}
