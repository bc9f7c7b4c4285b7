//! What a backward pass calls, and what can be done with the gradients that it gives.

mod counted;

use counted::{Calls, counted};
use tensor::{Gradients, Parameter, Tape, Tensor, Var};

/// A loss of one batch, of a parameter that all batches have in common and one of its own.
fn loss<'t>(
    tape: &'t Tape<f64>,
    common: &'t Parameter<f64>,
    own: &'t Parameter<f64>,
    batch: [f64; 2],
) -> Var<'t, f64> {
    let x = tape.constant(Tensor::from(batch));
    (tape.watch(common) * x + tape.watch(own)).square().sum()
}

/// All numbers are small and whole, so all sums are exact.
#[test]
fn the_sum_over_passes_is_the_gradient_of_the_sum() {
    let batches = [[1.0, 2.0], [-3.0, 4.0], [5.0, -6.0]];
    let common = Parameter::new(Tensor::from([2.0, 3.0]));
    let own = [1.0, 4.0, -2.0].map(|x| Parameter::new(Tensor::from(x)));
    let one_by_one = batches
        .iter()
        .zip(&own)
        .map(|(&batch, own)| loss(&Tape::new(), &common, own, batch).backward());
    // Whichever pass is first: the others know parameters that it does not know.
    let forwards = one_by_one.clone().reduce(plus).unwrap();
    let backwards = one_by_one.rev().reduce(plus).unwrap();

    let tape = Tape::new();
    let losses = batches.iter().zip(&own).map(|(&batch, own)| loss(&tape, &common, own, batch));
    let at_once = losses.reduce(|sum, loss| sum + loss).unwrap().backward();
    for p in own.iter().chain([&common]) {
        let expected = at_once.get(p).unwrap();
        assert_eq!(forwards.get(p).unwrap(), expected);
        assert_eq!(backwards.get(p).unwrap(), expected);
    }
    let unused = common.clone();
    assert!(forwards.get(&unused).is_none());
}

fn plus(mut sum: Gradients<f64>, pass: Gradients<f64>) -> Gradients<f64> {
    sum += pass;
    sum
}

#[test]
fn scale_multiplies_the_gradients_of_everything() {
    let p = Parameter::new(Tensor::from([2.0, 3.0]));
    let tape = Tape::new();
    let x = tape.var(Tensor::from(5.0));
    let y = tape.watch(&p) * x;
    let mut gradients = y.sum().backward();
    gradients.scale(0.5);
    assert_eq!(gradients.get(&p).unwrap().data(), [2.5, 2.5]);
    assert_eq!(gradients.wrt(x).item(), 2.5);
    assert_eq!(gradients.wrt(y).data(), [0.5, 0.5]);
}

/// As `torch.nn.utils.clip_grad_value_` would: one parameter's gradient is changed in place,
/// and no other's.
#[test]
fn a_gradient_can_be_changed() {
    let [p, q, unused] = [1.0, 2.0, 3.0].map(|x| Parameter::new(Tensor::from([x, -x])));
    let tape = Tape::new();
    let mut gradients = (tape.watch(&p) * tape.watch(&q)).sum().backward();
    let gradient = gradients.get_mut(&p).unwrap();
    *gradient = gradient.map(|x: f64| x.clamp(-0.5, 0.5));
    assert_eq!(gradients.get(&p).unwrap().data(), [0.5, -0.5]);
    assert_eq!(gradients.get(&q).unwrap().data(), [1.0, -1.0]);
    assert!(gradients.get_mut(&unused).is_none());
}

#[test]
fn the_norm_of_a_gradient_is_euclidean() {
    let [p, unused] = [(); 2].map(|()| Parameter::new(Tensor::from([0.0, 0.0])));
    let tape = Tape::new();
    let gradients = (tape.watch(&p) * tape.constant(Tensor::from([3.0, -4.0]))).sum().backward();
    assert_eq!(gradients.norm(&p), Some(5.0));
    assert_eq!(gradients.norm(&unused), None);
}

/// A finite loss may have an infinite gradient, as ln x has where 1/x is too large.
#[test]
fn gradients_that_are_not_finite() {
    let gradients = |x: f64| {
        let p = Parameter::new(Tensor::from([1.0, x]));
        let tape = Tape::new();
        let y = tape.watch(&p).ln().sum();
        assert!(y.value().is_finite());
        y.backward()
    };
    assert!(gradients(4.0).is_finite());
    assert!(!gradients(1e-310).is_finite());
    assert!(!plus(gradients(4.0), gradients(1e-310)).is_finite());
    let tape = Tape::new();
    let x = tape.var(Tensor::from(2.0));
    assert!(!(x * f64::NAN).backward().is_finite(), "also that of a variable");
}

/// On a tape that is never reset, a pass calls the pullbacks of its own step and none of the
/// steps before, even if all of them depend on one variable.
#[test]
fn a_pass_does_not_go_back_behind_its_own_step() {
    let calls = Calls::default();
    let mut p = Parameter::new(Tensor::from(0.0));
    let tape = Tape::new();
    let early = tape.var(Tensor::from(2.0));
    for step in 0..2000 {
        let w = f64::from(step);
        assert_eq!(p.value().item(), w);
        let gradients = counted(tape.watch(&p) * early, &calls).square().backward(); // (2w)²
        assert_eq!(gradients.get(&p).unwrap().item(), 8.0 * w);
        assert_eq!(gradients.wrt(early).item(), 4.0 * w * w);
        assert_eq!(calls.count(), step as usize + 1);
        p.value_mut().data_mut()[0] += 1.0;
    }
    assert_eq!(calls.pullbacks(), 2000, "and all of them are still there");
}

/// A pullback is called once, when all of its gradient is there, however many paths lead
/// to it; and not at all if none does.
#[test]
fn a_pullback_is_called_once_or_never() {
    let (once, never) = (Calls::default(), Calls::default());
    let tape = Tape::new();
    let x = tape.var(Tensor::from(3.0));
    let y = counted(x, &once);
    counted(y, &never);
    let z = y * y + y + x;
    assert_eq!(z.backward().wrt(x).item(), 8.0);
    assert_eq!((once.count(), never.count()), (1, 0));
}
