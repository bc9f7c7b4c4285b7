//! This slope of the sine should be right to nine decimals, and it is not.
//!
//! Before you change the formula, try to save it by a better step. How near do you get, and which
//! of the two errors of the chapter stops you? Then mend it.
//!
//! Chapter: One derivative (book/src/01-one-derivative.md), "The central difference" and "The
//! V-curve".

fn slope(f: fn(f64) -> f64, x: f64) -> f64 {
    let h = 6e-6;
    // TODO: good to five decimals. Nine are wanted.
    (f(x + h) - f(x)) / h
}

fn main() {
    for x in [0.5, 1.0, 2.0_f64] {
        println!("at {x}: {:.12}, off by {:.1e}", slope(f64::sin, x), slope(f64::sin, x) - x.cos());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_decimals_of_the_cosine() {
        for x in [0.5, 1.0, 2.0_f64] {
            let (found, expected) = (slope(f64::sin, x), x.cos());
            let error = (found - expected).abs();
            let why = if (found / expected - 2.0).abs() < 1e-3 {
                "It is twice the slope: from x − h to x + h is a way of 2h."
            } else if found.abs() < 1e-9 {
                "The step is so small that nothing changes."
            } else if error > 1e-7 {
                "That is about as large as a step of this size, times a half: truncation."
            } else {
                "The step is small, and so round-off is large: a smaller step makes it worse. \
                 Change the formula."
            };
            assert!(
                error < 1e-9,
                "the slope of sin at {x} should be {expected:.10} and is {found:.10}, off by \
                 {error:.0e}. {why}"
            );
        }
    }
}
