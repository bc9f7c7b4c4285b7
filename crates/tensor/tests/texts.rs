//! What people read: tensors as PyTorch prints them, the tape, the panics.

mod catalogue;

use insta::assert_snapshot;
use tensor::kernel::product::{Matrix, Packed, add_product, add_products};
use tensor::kernel::reduce::{add_columns, add_rows};
use tensor::{Parameter, Shape, Tape, Tensor, Var, VjpError, check_vjp};

fn range(n: usize, step: f64) -> Vec<f64> {
    (0..n).map(|i| i as f64 * step).collect()
}

/// Each text is what PyTorch 2.15 printed for the same numbers.
#[test]
fn tensors_print_as_in_pytorch() {
    let nan = f64::NAN;
    let inf = f64::INFINITY;
    let cases: [(Tensor<f64>, &str); 17] = [
        (Tensor::new([2, 3], range(6, 1.0)), "tensor([[0., 1., 2.],\n        [3., 4., 5.]])"),
        (Tensor::from(2.5), "tensor(2.5000)"),
        (Tensor::from(-3.0), "tensor(-3.)"),
        (Tensor::zeros([0]), "tensor([])"),
        (Tensor::zeros([0, 3]), "tensor([], size=(0, 3))"),
        (Tensor::zeros([1, 0, 2]), "tensor([], size=(1, 0, 2))"),
        (
            // Six rows are shown whole, however many numbers there are.
            Tensor::zeros([6, 200]),
            "tensor([[0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.]])",
        ),
        (Tensor::zeros([2]), "tensor([0., 0.])"),
        (
            Tensor::from([[0.5, -1.25], [100.0, 0.0]]),
            "tensor([[  0.5000,  -1.2500],\n        [100.0000,   0.0000]])",
        ),
        (Tensor::from([1e-5, 1.0, -2.0]), "tensor([ 1.0000e-05,  1.0000e+00, -2.0000e+00])"),
        (Tensor::from([1e9, 2.0]), "tensor([1.0000e+09, 2.0000e+00])"),
        (Tensor::from([nan, inf, -inf, 1.5]), "tensor([   nan,    inf,   -inf, 1.5000])"),
        (Tensor::from([inf, 1.0, -inf, nan]), "tensor([inf, 1., -inf, nan])"),
        (
            Tensor::from([1e9, inf, -inf, nan]),
            "tensor([1.0000e+09,        inf,       -inf,        nan])",
        ),
        (
            Tensor::new([2, 2, 1, 2], range(8, 1.0)),
            "tensor([[[[0., 1.]],\n\n         [[2., 3.]]],\n\n\n        [[[4., 5.]],\n\n         [[6., 7.]]]])",
        ),
        (
            Tensor::new([1001], range(1001, 1.0)),
            "tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.])",
        ),
        (
            Tensor::new([30], range(30, 0.25)),
            "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,
        2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000, 3.7500, 4.0000, 4.2500,
        4.5000, 4.7500, 5.0000, 5.2500, 5.5000, 5.7500, 6.0000, 6.2500, 6.5000,
        6.7500, 7.0000, 7.2500])",
        ),
    ];
    for (tensor, expected) in cases {
        assert_eq!(tensor.to_string(), expected);
    }
    assert!(!Tensor::<f64>::zeros([1000]).to_string().contains("..."), "1000 are not shortened");
    let shortened = Tensor::new([50, 40], range(2000, 0.5)).to_string();
    assert_eq!(
        shortened,
        "tensor([[0.0000e+00, 5.0000e-01, 1.0000e+00,  ..., 1.8500e+01, 1.9000e+01,
         1.9500e+01],
        [2.0000e+01, 2.0500e+01, 2.1000e+01,  ..., 3.8500e+01, 3.9000e+01,
         3.9500e+01],
        [4.0000e+01, 4.0500e+01, 4.1000e+01,  ..., 5.8500e+01, 5.9000e+01,
         5.9500e+01],
        ...,
        [9.4000e+02, 9.4050e+02, 9.4100e+02,  ..., 9.5850e+02, 9.5900e+02,
         9.5950e+02],
        [9.6000e+02, 9.6050e+02, 9.6100e+02,  ..., 9.7850e+02, 9.7900e+02,
         9.7950e+02],
        [9.8000e+02, 9.8050e+02, 9.8100e+02,  ..., 9.9850e+02, 9.9900e+02,
         9.9950e+02]])"
    );
    let parameter = Parameter::new(Tensor::from([0.25, -1.0]));
    let text = "Parameter containing:\ntensor([ 0.2500, -1.0000], requires_grad=True)";
    assert_eq!([parameter.to_string(), format!("{parameter:?}")], [text; 2]);
    let tape = Tape::new();
    let var = tape.watch(&parameter);
    assert_eq!(format!("{var:?}"), "%0: tensor([ 0.2500, -1.0000]) of shape [2]");
}

/// What a failed `assert_eq!` shows. Of a shortened tensor, the text leaves the size open.
#[test]
fn for_debugging_the_shape_is_shown_too() {
    let x = Tensor::<f64>::zeros([7000]);
    let text = "tensor([0., 0., 0.,  ..., 0., 0., 0.])";
    assert_eq!(x.to_string(), text);
    assert_eq!(format!("{x:?}"), format!("{text} of shape [7000]"));
    assert_eq!(format!("{:?}", x.shape()), "[7000]");
}

/// One step like an LSTM's, so that the picture shows a fan-out, a constant, a broadcast, a
/// parameter and an operation with two values.
#[test]
fn the_tape_as_text_and_as_graph() {
    let bias = Parameter::new(Tensor::from([0.0, 1.0]));
    let tape = Tape::<f64>::new();
    let x = tape.constant(Tensor::zeros([3, 2]));
    let w = tape.var(Tensor::zeros([2, 2]));
    let [i, g] = (x.linear(w, None) + tape.watch(&bias)).chunk();
    let h = i.sigmoid() * g.tanh();
    let _loss = (h * h).mean();
    assert_snapshot!("tape_text", tape.to_string());
    assert_snapshot!("tape_dot", tape.to_dot());
}

/// Whoever knows names of parameters finds them in text and graph; a parameter without a
/// name remains a parameter.
#[test]
fn the_tape_with_names() {
    let [named, other] = [[1.0, 2.0], [3.0, 4.0]].map(|x| Parameter::new(Tensor::from(x)));
    let tape = Tape::<f64>::new();
    _ = tape.watch(&named) * tape.watch(&other);
    let drawing = tape.drawing(|id| (id == named.id()).then(|| "cell.weight".into()));
    let text = "\
%0  cell.weight          [2]
%1  parameter            [2]
%2  mul          %0, %1  [2]
";
    assert_eq!(drawing.to_string(), text);
    let dot = tape.to_dot();
    assert!(dot.contains("%0 parameter\\n[2]"), "{dot}");
    assert_eq!(drawing.to_dot(), dot.replace("%0 parameter", "%0 cell.weight"));
}

#[test]
fn a_failed_check_names_the_place() {
    let mut rng = rand_mt::Mt::new(0);
    let a = Tensor::from([[0.5, -1.0, 2.0], [1.5, 0.25, 1.0]]);
    let b = Tensor::from([[3.0], [-2.0], [0.5]]);
    // dA should be dY Bᵀ; here a sign is wrong.
    let mismatch = check_vjp(
        |[a, b]| {
            let (av, bv) = (a.value(), b.value());
            a.tape().record("my_matmul", [a, b], av.matmul(&bv), move |dy, _| {
                [dy.matmul_nt(&bv).map(|g| -g), av.matmul_tn(dy)]
            })
        },
        [&a, &b],
        &mut rng,
    )
    .unwrap_err();
    assert_eq!(mismatch.argument, 0);
    // The last digits of the differences are another machine's business.
    let rounded = VjpError { difference: -mismatch.tape, uncertainty: 1e-10, ..mismatch.clone() };
    approx::assert_relative_eq!(mismatch.difference, rounded.difference, max_relative = 1e-8);
    assert_snapshot!("failed_check", rounded.to_string());
}

/// What a wrong use says, and that it points to the caller's line.
#[test]
fn panics_name_the_shapes_and_the_caller() {
    let catalogue = catalogue::of_panics(
        file!(),
        &[
            ("add", |t| _ = zeros(t, [2, 3]) + zeros(t, [3, 2])),
            ("matmul", |t| _ = zeros(t, [2, 3]).matmul(zeros(t, [2, 3]))),
            ("matmul of vectors", |t| _ = zeros(t, [3]).matmul(zeros(t, [3]))),
            ("linear", |t| _ = zeros(t, [8, 3]).linear(zeros(t, [4, 2]), None)),
            ("linear of a scalar", |t| _ = zeros(t, []).linear(zeros(t, [4, 2]), None)),
            ("linear's bias", |t| _ = zeros(t, [8, 3]).linear(zeros(t, [4, 3]), zeros(t, [3]))),
            ("reshape", |t| _ = zeros(t, [2, 3]).reshape([4])),
            ("transpose", |t| _ = zeros(t, [2, 3]).transpose(0, 2)),
            ("narrow", |t| _ = zeros(t, [2, 3]).narrow(1, 2, 2)),
            ("index_select", |t| _ = zeros(t, [2, 3]).value().index_select(1, &[0, 3])),
            ("index_select of no dimension", |t| _ = zeros(t, [2, 3]).index_select(2, &[])),
            ("index_select of nothing", |t| _ = zeros(t, [0, 3]).index_select(0, &[0])),
            ("index_add", |t| zeros(t, [2, 3]).value().index_add(0, &[2], &Tensor::zeros([1, 3]))),
            ("index_add of too few", |t| {
                zeros(t, [2, 3]).value().index_add(0, &[1, 1], &Tensor::zeros([1, 3]));
            }),
            ("log_softmax", |t| _ = zeros(t, []).log_softmax()),
            ("chunk", |t| _ = zeros(t, [2, 6]).chunk::<4>()),
            ("chunk into none", |t| _ = zeros(t, [2, 6]).chunk::<0>()),
            ("cat", |t| _ = Var::cat(&[zeros(t, [2, 3]), zeros(t, [2, 2])], 0)),
            ("cat of one, along no dimension", |t| _ = Var::cat(&[zeros(t, [2, 3])], 2)),
            ("cat of nothing", |_| _ = Var::<f64>::cat(&[], 0)),
            ("stack", |t| _ = Var::stack(&[zeros(t, [2]), zeros(t, [3])], 0)),
            ("stack of nothing", |_| _ = Var::<f64>::stack(&[], 0)),
            ("stack of too many dimensions", |t| _ = Var::stack(&[zeros(t, [1; 6])], 0)),
            ("unbind", |t| _ = zeros(t, [2, 3]).unbind(2)),
            ("broadcast_to", |t| _ = zeros(t, [2]).broadcast_to([2, 3])),
            ("sum_to_size", |t| _ = zeros(t, [2, 3]).sum_to_size([2])),
            ("backward", |t| _ = zeros(t, [2, 3]).backward()),
            ("vjp", |t| _ = zeros(t, [2, 3]).vjp(Tensor::zeros([3, 2]))),
            ("wrt", |t| {
                let k = t.constant(Tensor::from(1.0));
                _ = (zeros(t, []) * k).backward().wrt(k);
            }),
            ("wrt of another tape", |t| {
                let y = zeros(t, []);
                let tape = Tape::new();
                _ = y.backward().wrt(zeros(&tape, []));
            }),
            ("wrt after a reset", |_| {
                let mut tape = Tape::new();
                let gradients = zeros(&tape, []).backward();
                tape.reset();
                _ = gradients.wrt(zeros(&tape, []));
            }),
            ("wrt of a sum over passes", |t| {
                let x = zeros(t, []);
                let mut gradients = x.backward();
                gradients += x.backward();
                _ = gradients.wrt(x);
            }),
            ("backward of constants", |t| {
                _ = (t.constant(Tensor::from(1.0)) + 1.0).backward();
            }),
            ("backward without gradients", |_| _ = zeros(&Tape::no_grad(), []).backward()),
            ("two tapes", |t| {
                let other = Tape::new();
                let y = other.var(Tensor::from(1.0));
                t.record("mine", [zeros(t, []), y.tape().var(y.value())], y.value(), |dy, _| {
                    [dy.clone(), dy.clone()]
                });
            }),
            ("two tapes, of an operator", |t| {
                let other = Tape::new();
                _ = zeros(t, []) * zeros(&other, []);
            }),
            ("the tape of neither", |t| {
                let tape = Tape::new();
                tape.record("mine", [zeros(t, [])], Tensor::from(0.0), |dy, _| [dy.clone()]);
            }),
            ("a sum over passes between which the value was set", |_| {
                let mut p = Parameter::new(Tensor::from([1.0, 2.0]));
                let mut gradients = Tape::new().watch(&p).sum().backward();
                *p.value_mut() = Tensor::zeros([3]);
                gradients += Tape::new().watch(&p).sum().backward();
            }),
            ("a pullback of the wrong shape", |t| {
                let x = zeros(t, [2]);
                let y = t.record("mine", [x], Tensor::from(0.0), |dy, _| [dy.clone()]);
                _ = y.backward();
            }),
            ("zip", |_| _ = Tensor::<f64>::zeros([2]).zip(&Tensor::zeros([1, 2]), f64::max)),
            ("add_assign", |_| Tensor::<f64>::zeros([2]).add_assign(&Tensor::zeros([3]))),
            ("dot", |_| _ = Tensor::<f64>::zeros([3]).dot(&Tensor::zeros([2]))),
            ("new", |_| _ = Tensor::new([2, 3], vec![0.0; 5])),
            ("item", |_| _ = Tensor::<f64>::zeros([2]).item()),
            ("dims", |_| _ = Tensor::<f64>::zeros([2, 3]).dims::<3>()),
            ("dims of a variable", |t| _ = zeros(t, [2, 3]).dims::<1>()),
            ("too many elements", |_| _ = Tensor::<f64>::zeros([1 << 32, 1 << 32])),
            ("one element too many", |_| _ = Shape::from([1 << 60])),
            ("none, of sizes that cannot be multiplied", |t| {
                _ = zeros(t, [1 << 32, 1, 0]) + zeros(t, [1, 1 << 32, 0]);
            }),
            ("none, of a size that cannot be added", |t| {
                let parts = [zeros(t, [0, 1 << 59]); 32];
                _ = Var::cat(&parts, 1);
            }),
            ("add_part", |_| {
                Tensor::<f64>::zeros([2]).add_part(0, usize::MAX, &Tensor::zeros([2]));
            }),
            ("linear of no features", |t| {
                _ = zeros(t, [1 << 32, 0]).linear(zeros(t, [1 << 32, 0]), None);
            }),
            ("more bytes than can be counted", |_| _ = Tensor::<f32>::zeros([1 << 61])),
            ("zeros without memory", |_| _ = Tensor::<f64>::zeros([1 << 59])),
            ("from_fn without memory", |_| _ = Tensor::from_fn([1 << 59], || 1.0)),
            ("broadcast_to without memory", |t| _ = zeros(t, [1]).broadcast_to([1 << 59])),
            ("rank", |_| _ = Tensor::<f64>::zeros([1; 7])),
            ("add_rows", |_| add_rows(&mut [0.0; 2], &[1.0; 3])),
            ("add_columns", |_| add_columns(&mut [0.0; 3], &[1.0; 4], 2)),
            ("Packed", |_| _ = Packed::new(Matrix::new(&[1.0; 5], 3), 2, 3)),
            ("add_product's C", |_| {
                let b = Packed::new(Matrix::new(&[1.0; 6], 3), 2, 3);
                add_product(&mut [0.0; 4], Matrix::new(&[1.0; 4], 2), &b);
            }),
            ("add_product's A", |_| {
                let b = Packed::new(Matrix::new(&[1.0; 6], 3), 2, 3);
                add_product(&mut [0.0; 6], Matrix::new(&[1.0; 3], 2), &b);
            }),
            ("add_products, A of two and of three columns", |_| {
                let a = Matrix::new(&[1.0; 3], 3);
                let [two, three] = [2, 3].map(|k| Packed::new(Matrix::new(&[1.0; 3], 1), k, 1));
                add_products(&mut [(&mut [0.0], &two), (&mut [0.0], &three)], a);
            }),
            ("add_products, A of one and of two rows", |_| {
                let a = Matrix::new(&[1.0; 6], 3);
                let b = Packed::new(Matrix::new(&[1.0; 3], 1), 3, 1);
                add_products(&mut [(&mut [0.0], &b), (&mut [0.0; 2], &b)], a);
            }),
        ],
    );
    assert_snapshot!("panics", catalogue);
}

fn zeros<const N: usize>(tape: &Tape<f64>, shape: [usize; N]) -> Var<'_, f64> {
    tape.var(Tensor::zeros(shape))
}
