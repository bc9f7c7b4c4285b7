//! What a wrong use says: one catalogue, to be read as a reader would.

#[path = "../../tensor/tests/catalogue/mod.rs"]
mod catalogue;

use nn::lstm::{Weights, step};
use nn::{
    Adam, AdamConfig, Embedding, ForwardOptions, Generator, Linear, Lstm, LstmCell, LstmConfig,
    Module, Rnn, Visitor, VisitorMut, check_gradients, clip_grad_norm, clip_grad_norm_if_finite,
    cross_entropy, dropout, module, mse_loss,
};
use tensor::{Gradients, Parameter, Tape, Tensor, Var};

fn lstm(config: LstmConfig) -> &'static Lstm<f64> {
    // Leaked, so that the closures below can be short.
    Box::leak(Box::new(Lstm::new(config, &mut Generator::manual_seed(0))))
}

fn batch_first() -> LstmConfig {
    LstmConfig { batch_first: true, ..LstmConfig::new(2, 4) }
}

fn zeros<const N: usize>(tape: &Tape<f64>, shape: [usize; N]) -> Var<'_, f64> {
    tape.constant(Tensor::zeros(shape))
}

fn with_state<const N: usize, const H: usize, const C: usize>(
    config: LstmConfig,
    x: [usize; N],
    h_0: [usize; H],
    c_0: [usize; C],
) {
    let lstm = lstm(config);
    let t = &Tape::new();
    lstm.forward(zeros(t, x), Some((zeros(t, h_0), zeros(t, c_0))));
}

fn with_lengths(lengths: &[usize]) {
    let lstm = lstm(batch_first());
    let t = &Tape::new();
    let options = ForwardOptions { lengths: Some(lengths), ..Default::default() };
    lstm.forward_with(zeros(t, [8, 3, 2]), options);
}

fn with_weight<const N: usize>(name: &str, shape: [usize; N]) {
    let config = LstmConfig { num_layers: 2, bidirectional: true, ..LstmConfig::new(3, 4) };
    let lstm = with_shape(lstm(config).clone(), name, shape);
    lstm.forward(zeros(&Tape::new(), [5, 2, 3]), None);
}

fn rnn(input_size: usize, hidden_size: usize) -> &'static Rnn<f64> {
    Box::leak(Box::new(Rnn::new(input_size, hidden_size, &mut Generator::manual_seed(0))))
}

/// A model with this weight of another shape.
fn with_shape<M: Module<f64>, const N: usize>(mut model: M, name: &str, shape: [usize; N]) -> M {
    for (found, parameter) in model.named_parameters_mut() {
        if found == name {
            *parameter.value_mut() = Tensor::zeros(shape);
        }
    }
    model
}

fn rnn_with<const N: usize>(name: &str, shape: [usize; N]) {
    let rnn = with_shape(rnn(2, 4).clone(), name, shape);
    rnn.forward(zeros(&Tape::new(), [3, 8, 2]), None);
}

/// One step of 8 samples, 2 features and 4 units, but for what is given.
fn step_with<'t>(t: &'t Tape<f64>, change: impl Fn(&mut [Var<'t, f64>; 3], &mut Weights<'t, f64>)) {
    let mut states = [[8, 2], [8, 4], [8, 4]].map(|shape| zeros(t, shape));
    let [ih, hh] = [[16, 2], [16, 4]].map(|shape| zeros(t, shape));
    let [bias_ih, bias_hh] = [Some(zeros(t, [16])); 2];
    let mut w = Weights { ih, hh, bias_ih, bias_hh, hr: None };
    change(&mut states, &mut w);
    let [x, h, c] = states;
    step(x, (h, c), w);
}

/// A state on another tape than the input.
fn on_another_tape(options: fn() -> ForwardOptions<'static, 'static, f64>) {
    let (lstm, t, other) = (lstm(batch_first()), &Tape::new(), &Tape::new());
    let state = Some((zeros(t, [1, 8, 4]), zeros(other, [1, 8, 4])));
    lstm.forward_with(zeros(t, [8, 3, 2]), ForwardOptions { state, ..options() });
}

fn linear() -> Linear<f64> {
    Linear::new(2, 1, &mut Generator::manual_seed(0))
}

fn gradients_of(model: &Linear<f64>) -> Gradients<f64> {
    let tape = Tape::new();
    model.forward(tape.constant(Tensor::from([[1.0, 2.0]]))).sum().backward()
}

struct Twins {
    one: Linear<f64>,
    other: Linear<f64>,
}

module! {
    impl Module<f64> for Twins {
        fn visit(Self { one, other }, v) {
            v.item("layer", one);
            v.item("layer", other);
        }
    }
}

struct Dotted {
    layer: Linear<f64>,
}

module! {
    impl Module<f64> for Dotted {
        fn visit(Self { layer }, v) {
            v.item("encoder.layer", layer);
        }
    }
}

/// Two parameters, and lists of them by hand.
struct ByHand {
    a: Parameter<f64>,
    b: Parameter<f64>,
    lists_a_twice: bool,
}

impl Module<f64> for ByHand {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'_, 'a, f64>) {
        visitor.item("a", &self.a);
        visitor.item("b", if self.lists_a_twice { &self.a } else { &self.b });
    }

    fn visit_mut<'a>(&'a mut self, visitor: &mut VisitorMut<'_, 'a, f64>) {
        visitor.item("b", &mut self.b);
        visitor.item("a", &mut self.a);
    }
}

fn by_hand(lists_a_twice: bool) -> ByHand {
    let [a, b] = [vec![1.0], vec![1.0, 2.0]].map(|x| Parameter::new(Tensor::new([x.len()], x)));
    ByHand { a, b, lists_a_twice }
}

#[test]
fn the_catalogue() {
    let catalogue = catalogue::of_panics(
        file!(),
        &[
            ("input_size is 0", |_| _ = lstm(LstmConfig::new(0, 4))),
            ("hidden_size is 0", |_| _ = lstm(LstmConfig::new(2, 0))),
            ("num_layers is 0", |_| _ = lstm(LstmConfig { num_layers: 0, ..batch_first() })),
            ("proj_size is hidden_size", |_| {
                _ = lstm(LstmConfig { proj_size: 4, ..batch_first() })
            }),
            ("dropout is no probability", |_| {
                _ = lstm(LstmConfig { dropout: 1.5, num_layers: 2, ..batch_first() })
            }),
            ("dropout, and one layer", |_| _ = lstm(LstmConfig { dropout: 0.5, ..batch_first() })),
            ("features", |t| _ = lstm(LstmConfig::new(2, 4)).forward(zeros(t, [8, 2, 3]), None)),
            ("features, batch_first", |t| {
                _ = lstm(batch_first()).forward(zeros(t, [8, 2, 3]), None)
            }),
            ("features, no batch", |t| _ = lstm(batch_first()).forward(zeros(t, [2, 3]), None)),
            ("rank 1", |t| _ = lstm(batch_first()).forward(zeros(t, [2]), None)),
            ("rank 4", |t| _ = lstm(LstmConfig::new(2, 4)).forward(zeros(t, [1, 8, 3, 2]), None)),
            ("no steps", |t| _ = lstm(batch_first()).forward(zeros(t, [8, 0, 2]), None)),
            ("h_0's layers", |_| with_state(batch_first(), [8, 3, 2], [2, 8, 4], [1, 8, 4])),
            ("c_0's size", |_| with_state(batch_first(), [8, 3, 2], [1, 8, 4], [1, 8, 5])),
            ("the state is batch_first, too", |_| {
                with_state(batch_first(), [8, 3, 2], [8, 1, 4], [8, 1, 4])
            }),
            ("batch_first was forgotten", |_| {
                with_state(LstmConfig::new(2, 4), [8, 3, 2], [1, 8, 4], [1, 8, 4])
            }),
            ("the state has another batch", |_| {
                with_state(LstmConfig::new(2, 4), [8, 3, 2], [1, 5, 4], [1, 5, 4])
            }),
            ("the state has a batch, the input has none", |_| {
                with_state(batch_first(), [3, 2], [1, 1, 4], [1, 1, 4])
            }),
            ("the state is not projected", |_| {
                let config = LstmConfig { proj_size: 3, ..batch_first() };
                with_state(config, [8, 3, 2], [1, 8, 4], [1, 8, 4])
            }),
            ("lengths: one for each sample", |_| with_lengths(&[3, 3])),
            ("lengths: 0", |_| with_lengths(&[3, 3, 3, 0, 3, 3, 3, 3])),
            ("lengths: more than there is", |_| with_lengths(&[3, 3, 3, 4, 3, 3, 3, 3])),
            ("LSTMCell: features", |t| {
                let cell = LstmCell::new(2, 4, true, &mut Generator::manual_seed(0));
                cell.forward(zeros(t, [8, 3]), None);
            }),
            ("LSTMCell: state", |t| {
                let cell = LstmCell::new(2, 4, true, &mut Generator::manual_seed(0));
                cell.forward(zeros(t, [8, 2]), Some((zeros(t, [8, 4]), zeros(t, [4]))));
            }),
            ("RNN: input_size is 0", |_| _ = rnn(0, 4)),
            ("RNN: hidden_size is 0", |_| _ = rnn(2, 0)),
            ("RNN: features", |t| _ = rnn(2, 4).forward(zeros(t, [3, 8, 5]), None)),
            ("RNN: no batch", |t| _ = rnn(2, 4).forward(zeros(t, [3, 2]), None)),
            ("RNN: no steps", |t| _ = rnn(2, 4).forward(zeros(t, [0, 8, 2]), None)),
            ("RNN: h_0", |t| {
                rnn(2, 4).forward(zeros(t, [3, 8, 2]), Some(zeros(t, [8, 4])));
            }),
            ("a forget bias, but no biases", |_| {
                let config = LstmConfig { bias: false, ..batch_first() };
                Lstm::<f64>::new(config, &mut Generator::manual_seed(0)).set_forget_bias(1.0);
            }),
            ("chrono, but no biases", |_| {
                let config = LstmConfig { bias: false, ..batch_first() };
                let generator = &mut Generator::manual_seed(0);
                Lstm::<f64>::new(config, generator).chrono_init(10, generator);
            }),
            ("chrono for one step", |_| {
                let generator = &mut Generator::manual_seed(0);
                Lstm::<f64>::new(batch_first(), generator).chrono_init(1, generator);
            }),
            ("Linear: features", |t| {
                let linear = Linear::new(60, 1, &mut Generator::manual_seed(0));
                linear.forward(zeros(t, [8, 3, 20]));
            }),
            ("Linear: in_features is 0", |_| {
                Linear::<f64>::new(0, 1, &mut Generator::manual_seed(0));
            }),
            ("mse_loss: [8, 1] against [8]", |t| _ = mse_loss(zeros(t, [8, 1]), zeros(t, [8]))),
            ("cross_entropy: a class that is none", |t| {
                _ = cross_entropy(zeros(t, [3, 5]), &[0, 5, 7]);
            }),
            ("cross_entropy: too few targets", |t| _ = cross_entropy(zeros(t, [3, 5]), &[0, 1])),
            ("cross_entropy: batch and time", |t| _ = cross_entropy(zeros(t, [1, 2, 5]), &[0, 1])),
            ("cross_entropy: no rows", |t| _ = cross_entropy(zeros(t, [0, 5]), &[])),
            ("cross_entropy: no classes", |t| _ = cross_entropy(zeros(t, [1, 0]), &[0])),
            ("Embedding: num_embeddings is 0", |_| {
                Embedding::<f64>::new(0, 4, &mut Generator::manual_seed(0));
            }),
            ("Embedding: embedding_dim is 0", |_| {
                Embedding::<f64>::new(4, 0, &mut Generator::manual_seed(0));
            }),
            ("Embedding: too many weights", |_| {
                Embedding::<f64>::new(1 << 40, 1 << 40, &mut Generator::manual_seed(0));
            }),
            ("Embedding: a symbol that has no vector", |_| {
                let embedding = Embedding::<f64>::new(4, 2, &mut Generator::manual_seed(0));
                embedding.forward(&Tape::new(), &[3, 4]);
            }),
            ("Embedding: its weight is a list", |_| {
                let embedding = Embedding::<f64>::new(4, 2, &mut Generator::manual_seed(0));
                with_shape(embedding, "weight", []).forward(&Tape::new(), &[3]);
            }),
            ("randn: more than there is memory for", |_| {
                _ = Generator::manual_seed(0).randn::<f64>([1 << 59]);
            }),
            ("weight_ih of other rows", |_| with_weight("weight_ih_l0", [32, 3])),
            ("weight_ih of other columns", |_| with_weight("weight_ih_l0", [16, 2])),
            ("weight_hh transposed", |_| with_weight("weight_hh_l1_reverse", [4, 16])),
            ("bias_ih is too long", |_| with_weight("bias_ih_l0_reverse", [17])),
            ("dropout: p", |t| {
                _ = dropout(zeros(t, [2]), 1.5, &mut Generator::manual_seed(0));
            }),
            ("randperm: n", |_| _ = Generator::manual_seed(0).randperm(1 << 28)),
            ("two items of one name", |_| {
                _ = Twins { one: linear(), other: linear() }.state_dict()
            }),
            ("a name with a dot", |_| _ = Dotted { layer: linear() }.state_dict()),
            ("Adam: a clone was differentiated", |_| {
                let (mut model, clone) = (linear(), linear().clone());
                Adam::new(AdamConfig::default()).step(&mut model, &gradients_of(&clone));
            }),
            ("Adam: another model", |_| {
                let mut adam = Adam::new(AdamConfig::default());
                for mut model in [linear(), linear()] {
                    let gradients = gradients_of(&model);
                    adam.step(&mut model, &gradients);
                }
            }),
            ("Adam: a model that has grown", |_| {
                let (mut adam, mut list) = (Adam::new(AdamConfig::default()), vec![linear()]);
                let gradients = gradients_of(&list[0]);
                adam.step(&mut list, &gradients);
                list.push(linear());
                adam.step(&mut list, &gradients);
            }),
            ("Adam: a weight of another shape", |_| {
                let (mut adam, mut model) = (Adam::new(AdamConfig::default()), linear());
                let gradients = gradients_of(&model);
                adam.step(&mut model, &gradients);
                *model.weight.value_mut() = Tensor::zeros([3, 2]);
                adam.step(&mut model, &gradients);
            }),
            ("Adam: another order", |_| {
                let (mut adam, [a, b]) = (Adam::new(AdamConfig::default()), [linear(), linear()]);
                let gradients = gradients_of(&a);
                let mut list = vec![a, b];
                adam.step(&mut list, &gradients);
                list.swap(0, 1);
                adam.step(&mut list, &gradients);
            }),
            ("Adam: another name", |_| {
                let (mut adam, mut list) = (Adam::new(AdamConfig::default()), vec![linear()]);
                let gradients = gradients_of(&list[0]);
                adam.step(&mut list, &gradients);
                adam.step(&mut list[0], &gradients);
            }),
            ("Adam: lr between steps", |_| {
                let (mut adam, mut model) = (Adam::new(AdamConfig::default()), linear());
                let gradients = gradients_of(&model);
                adam.config.lr = f64::NAN;
                adam.step(&mut model, &gradients);
            }),
            ("Adam: lr", |_| {
                _ = Adam::<f64>::new(AdamConfig { lr: -0.1, ..AdamConfig::default() })
            }),
            ("Adam: betas", |_| {
                _ = Adam::<f64>::new(AdamConfig { betas: (0.9, 1.0), ..AdamConfig::default() })
            }),
            ("Adam: lr in f32", |_| {
                _ = Adam::<f32>::new(AdamConfig { lr: 1e300, ..AdamConfig::default() })
            }),
            ("Adam: eps in f32", |_| {
                let mut linear = Linear::<f32>::new(2, 1, &mut Generator::manual_seed(0));
                let mut adam = Adam::new(AdamConfig::default());
                let tape = Tape::new();
                let x = tape.constant(Tensor::from([[1.0, 2.0]]));
                let gradients = linear.forward(x).sum().backward();
                drop(tape);
                adam.config.eps = 1e-50;
                adam.step(&mut linear, &gradients);
            }),
            ("Adam: a weight set after the backward pass", |_| {
                let (mut adam, mut model) = (Adam::new(AdamConfig::default()), linear());
                let gradients = gradients_of(&model);
                *model.weight.value_mut() = Tensor::zeros([3, 2]);
                adam.step(&mut model, &gradients);
            }),
            ("Adam: a model that has shrunk", |_| {
                let mut adam = Adam::new(AdamConfig::default());
                let mut list = vec![linear(), linear()];
                let gradients = gradients_of(&list[0]);
                adam.step(&mut list, &gradients);
                list[1].bias = None;
                adam.step(&mut list, &gradients);
            }),
            ("Adam: two lists by hand that differ", |_| {
                let mut model = by_hand(false);
                let tape = Tape::new();
                let gradients =
                    (tape.watch(&model.a).sum() + tape.watch(&model.b).sum()).backward();
                drop(tape);
                Adam::new(AdamConfig::default()).step(&mut model, &gradients);
            }),
            ("one parameter listed twice", |_| _ = by_hand(true).state_dict()),
            ("clip_grad_norm: a clone was differentiated", |_| {
                let model = linear();
                clip_grad_norm(&model.clone(), &mut gradients_of(&model), 1.0);
            }),
            ("clip_grad_norm_if_finite: a clone was differentiated", |_| {
                let model = linear();
                _ = clip_grad_norm_if_finite(&model.clone(), &mut gradients_of(&model), 1.0);
            }),
            ("clip_grad_norm: max_norm", |_| {
                let model = linear();
                clip_grad_norm(&model, &mut gradients_of(&model), -1.0);
            }),
            ("clip_grad_norm_if_finite: max_norm", |_| {
                let model = linear();
                _ = clip_grad_norm_if_finite(&model, &mut gradients_of(&model), f64::NAN);
            }),
            ("uniform: from above to", |_| {
                _ = Generator::manual_seed(0).uniform::<f64>([2], 2.0, 1.0)
            }),
            ("uniform: NaN", |_| _ = Generator::manual_seed(0).uniform::<f64>([2], f64::NAN, 1.0)),
            ("uniform: no end", |_| _ = Generator::manual_seed(0).uniform::<f32>([2], 0.0, 1e300)),
            ("a forget bias that is no number", |_| {
                lstm(batch_first()).clone().set_forget_bias(f64::NAN);
            }),
            ("a forget bias that is too large", |_| {
                let generator = &mut Generator::manual_seed(0);
                Lstm::<f32>::new(batch_first(), generator).set_forget_bias(1e300);
            }),
            ("a forget bias, but a bias is too short", |_| {
                with_shape(lstm(batch_first()).clone(), "bias_ih_l0", [6]).set_forget_bias(1.0);
            }),
            ("chrono, but a bias is too long", |_| {
                with_shape(lstm(batch_first()).clone(), "bias_hh_l0", [17])
                    .chrono_init(10, &mut Generator::manual_seed(0));
            }),
            ("step: x has no batch", |t| step_with(t, |[x, ..], _| *x = zeros(t, [2]))),
            ("step: h of another batch", |t| step_with(t, |[_, h, _], _| *h = zeros(t, [1, 4]))),
            ("step: c has no batch", |t| step_with(t, |[.., c], _| *c = zeros(t, [4]))),
            ("step: h is not projected", |t| {
                step_with(t, |_, w| w.hr = Some(zeros(t, [3, 4])));
            }),
            ("step: weights of two gates", |t| step_with(t, |_, w| w.ih = zeros(t, [8, 2]))),
            ("step: a bias for all", |t| step_with(t, |_, w| w.bias_hh = Some(zeros(t, [1])))),
            ("step: two tapes", |t| {
                let other = Tape::new();
                let [x, h, c] = [[8, 2], [8, 4], [8, 4]].map(|shape| zeros(t, shape));
                let [ih, hh] = [zeros(t, [16, 2]), zeros(&other, [16, 4])];
                step(x, (h, c), Weights { ih, hh, bias_ih: None, bias_hh: None, hr: None });
            }),
            ("RNN: weight_ih", |_| rnn_with("weight_ih_l0", [8])),
            ("RNN: weight_hh", |_| rnn_with("weight_hh_l0", [1, 4])),
            ("RNN: bias_ih", |_| rnn_with("bias_ih_l0", [1])),
            ("RNN: bias_hh", |_| rnn_with("bias_hh_l0", [5])),
            ("LSTMCell: two tapes", |t| {
                let cell = LstmCell::new(2, 4, true, &mut Generator::manual_seed(0));
                let other = Tape::new();
                let state = (zeros(&other, [8, 4]), zeros(t, [8, 4]));
                cell.forward(zeros(t, [8, 2]), Some(state));
            }),
            ("LSTM: two tapes", |_| on_another_tape(ForwardOptions::default)),
            ("LSTM: two tapes, by the equations", |_| {
                on_another_tape(|| ForwardOptions { reference: true, ..Default::default() });
            }),
            ("RNN: two tapes", |t| {
                let other = Tape::new();
                rnn(2, 4).clone().forward(zeros(t, [3, 8, 2]), Some(zeros(&other, [1, 8, 4])));
            }),
            ("LSTM: hidden_size", |_| _ = lstm(LstmConfig::new(2, 1 << 62))),
            ("LSTM: num_layers", |_| {
                let config =
                    LstmConfig { num_layers: 1 << 63, bidirectional: true, ..batch_first() };
                lstm(config);
            }),
            ("LSTM: too many weights", |_| _ = lstm(LstmConfig::new(1 << 40, 1 << 40))),
            ("LSTMCell: hidden_size", |_| {
                LstmCell::<f64>::new(2, 1 << 62, true, &mut Generator::manual_seed(0));
            }),
            ("RNN: too many weights", |_| _ = rnn(1 << 40, 1 << 40)),
            ("Linear: too many weights", |_| {
                Linear::<f64>::new(usize::MAX, 2, &mut Generator::manual_seed(0));
            }),
            ("Linear: more than there is memory for", |_| {
                Linear::<f64>::new(1 << 59, 1, &mut Generator::manual_seed(0));
            }),
            ("check_gradients: no single number", |_| {
                let rng = &mut Generator::manual_seed(0);
                _ = check_gradients(&linear(), |m, t| m.forward(zeros(t, [3, 2])), rng);
            }),
            ("check_gradients: constants", |_| {
                let rng = &mut Generator::manual_seed(0);
                _ = check_gradients(&linear(), |_, t| zeros(t, []), rng);
            }),
        ],
    );
    insta::assert_snapshot!(catalogue);
}
