//! Three operations, each with its own pullback. Two are wrong.
//!
//! Read them and decide which, before you run anything. Then mend the two. The judge is the crate's
//! own, `check_vjp`.
//!
//! Chapter: Checking gradients (book/src/09-gradient-checking.md), "The check".

use tensor::Var;

fn quotient<'t>(a: Var<'t, f64>, b: Var<'t, f64>) -> Var<'t, f64> {
    let (av, bv) = (a.value(), b.value());
    a.tape().record("quotient", [a, b], av.zip(&bv, |a, b| a / b), move |dy, _| {
        let db = av.zip(&bv, |a, b| -a / (b * b));
        [dy.zip(&bv, |dy, b| dy / b), dy.zip(&db, |dy, db| dy * db)]
    })
}

fn transpose<'t>(x: Var<'t, f64>) -> Var<'t, f64> {
    // A reshape keeps the order of the numbers, and a transpose changes it. The shapes fit, so
    // nothing complains. Even the gradient of the sum finds nothing: then dy is all ones, which
    // look the same in any order. So the judge draws at random.
    x.tape().record("transpose", [x], x.value().transpose(0, 1), |dy, _| [dy.transpose(0, 1)])
}

fn softplus<'t>(x: Var<'t, f64>) -> Var<'t, f64> {
    let y = x.value().map(|x| (1.0 + x.exp()).ln());
    x.tape().record("softplus", [x], y.clone(), move |dy, _| {
        [dy.zip(&y, |dy, y| dy * (1.0 - (-y).exp()))]
    })
}

fn main() {
    let tape = tensor::Tape::new();
    let a = tape.var(tensor::Tensor::from([[0.5, -1.0], [1.5, 0.25]]));
    println!("{:?}", transpose(quotient(softplus(a), a)).value().data());
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::Generator;
    use tensor::{Tensor, check_vjp};

    #[test]
    fn each_against_differences() {
        let mut rng = Generator::manual_seed(0);
        let a = Tensor::from([[0.5, -1.0, 2.0], [1.5, 0.25, 1.0]]);
        let b = Tensor::from([[1.0, 2.0, -0.5], [3.0, -1.0, 0.75]]);
        let said = [
            ("quotient", check_vjp(|[a, b]| quotient(a, b), [&a, &b], &mut rng).err()),
            ("transpose", check_vjp(|[x]| transpose(x), [&a], &mut rng).err()),
            ("softplus", check_vjp(|[x]| softplus(x), [&a], &mut rng).err()),
        ];
        for (name, error) in said {
            if let Some(error) = error {
                panic!("the pullback of {name} and the differences disagree: {error}");
            }
        }
    }
}
