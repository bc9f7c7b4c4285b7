//! Two points lie on a line. Find its slope w and its height b by gradient descent: sum up the
//! gradients over the points, then take a step.
//!
//! The loss is the mean of the squares of the two differences, as in the chapter, which works the
//! first step by hand: from w = 1, b = 0 it leads to w = 2.6, b = 1.
//!
//! Chapter: A first training loop (book/src/08-training-loop.md), "Gradient descent".

const POINTS: [(f64, f64); 2] = [(1.0, 5.0), (2.0, 8.0)];
const LR: f64 = 0.1;

/// w and b after so many passes over the points.
fn train(epochs: usize) -> (f64, f64) {
    let (mut w, mut b) = (1.0, 0.0);
    for _ in 0..epochs {
        let (mut w_bar, mut b_bar) = (0.0, 0.0);
        for (x, y) in POINTS {
            let difference = w * x + b - y;
            // TODO: the gradients of (difference² + …) / 2 by w and b.
            w_bar += difference;
            b_bar += difference;
        }
        // TODO: is this the way down?
        w += LR * w_bar;
        b += LR * b_bar;
    }
    (w, b)
}

fn main() {
    for epochs in [0, 1, 2, 10, 100, 1000] {
        let (w, b) = train(epochs);
        println!("after {epochs:>4} epochs: y = {w:.4} x + {b:.4}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_one_by_hand() {
        let (w, b) = train(1);
        let is = |other: (f64, f64)| (w - other.0).abs() < 1e-9 && (b - other.1).abs() < 1e-9;
        let why = if is((-0.6, -1.0)) {
            "This step goes uphill: the gradient points to where the loss grows."
        } else if w < 1.0 {
            "It goes uphill, and w's gradient is not right either."
        } else if is((2.0, 1.0)) {
            "w does more where x is larger: its gradient has the factor x."
        } else if is((4.2, 2.0)) {
            "It is twice as far: the mean over two points halves."
        } else if is((1.8, 0.5)) {
            "It is half as far: the 2 of the square and the 2 of the mean cancel."
        } else if (w - 2.6).abs() < 1e-9 {
            "w is right. Does b's gradient use the new w?"
        } else {
            ""
        };
        assert!(
            is((2.6, 1.0)),
            "after 1 epoch w and b should be 2.6 and 1, and are {w:.4} and {b:.4}. {why}"
        );
    }

    #[test]
    fn the_second_step() {
        let (w, b) = train(2);
        let right = (w - 3.1).abs() < 1e-9 && (b - 1.32).abs() < 1e-9;
        assert!(
            right,
            "after 2 epochs w and b should be 3.1 and 1.32, and are {w:.4} and {b:.4}. If it is \
             right after 1: are the \
             gradients of the epoch before still in the sums?"
        );
    }

    #[test]
    fn the_line() {
        let (w, b) = train(1000);
        let right = (w - 3.0).abs() < 1e-3 && (b - 2.0).abs() < 1e-3;
        assert!(right, "after 1000 epochs the line should be 3 x + 2 and is {w:.3} x + {b:.3}.");
    }
}
