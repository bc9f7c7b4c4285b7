//! A small recurrence, c_t = f c_{t−1} + x_t, fused into one operation by hand. The forward pass is
//! right. The backward pass has a mistake that is easily made in backpropagation through time.
//!
//! Mend the pullback.
//!
//! Chapter: From equations to speed (book/src/28-speed.md), "One operation instead of many".

use tensor::{Tensor, Var};

/// The values of c after each of the steps, from c = 0.
fn leaky_sum<'t>(x: Var<'t, f64>, f: f64) -> Var<'t, f64> {
    let mut c = 0.0;
    let mut next = |x: &f64| {
        c = f * c + x;
        c
    };
    let y = Tensor::new(x.shape(), x.value().data().iter().map(&mut next).collect());
    x.tape().record("leaky_sum", [x], y, move |dy, _| {
        let mut dx = dy.clone();
        let mut dc = 0.0; // what arrives at c_t
        for (dx, dy) in dx.data_mut().iter_mut().zip(dy.data()).rev() {
            dc += *dy; // beside what the later step sent
            *dx = dc;
            dc *= f; // what goes to the step before
        }
        [dx]
    })
}

fn main() {
    let tape = tensor::Tape::new();
    let x = tape.var(Tensor::from([1.0, 1.0, 1.0]));
    let y = leaky_sum(x, 0.5);
    println!(
        "c = {:?}, gradient of their sum: {:?}",
        y.value().data(),
        y.sum().backward().wrt(x).data()
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::Generator;
    use tensor::{Tape, check_vjp};

    #[test]
    fn every_step_is_heard_later() {
        let (f, n) = (0.5, 3);
        let tape = Tape::new();
        let x = tape.var(Tensor::from([1.0, 1.0, 1.0]));
        let gradient = leaky_sum(x, f).sum().backward().wrt(x);
        for (t, found) in gradient.data().iter().enumerate().rev() {
            // x_t is in c_t with the factor 1, in the next one with f, then f², …
            let expected: f64 = (0..n - t).map(|later| f.powi(later as i32)).sum();
            let why = match *found {
                1.0 => "Only its own step's output is heard. The steps after it carry it on.",
                found if found == expected - 1.0 => {
                    "Only the later steps are heard, and not its own output."
                }
                found if found == (n - t) as f64 => {
                    "On its way back through each step it should meet f."
                }
                _ => "",
            };
            assert!(
                *found == expected,
                "the gradient of x at step {} should be {expected} and is {found}. {why}",
                t + 1
            );
        }
    }

    #[test]
    fn the_check() {
        let x = Tensor::from([0.5, -1.0, 2.0, 0.25]);
        if let Err(error) = check_vjp(|[x]| leaky_sum(x, 0.9), [&x], &mut Generator::manual_seed(0))
        {
            panic!("the pullback and the differences disagree: {error}");
        }
    }
}
