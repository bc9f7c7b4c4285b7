//! One list of parameters: its names, both ways of reading it, and what it refuses.

use nn::{Generator, Linear, Module, module};
use tensor::{Parameter, Tape, Tensor};

fn parameter(x: f64) -> Parameter<f64> {
    Parameter::new(Tensor::from(x))
}

fn names(module: &impl Module<f64>) -> Vec<String> {
    module.named_parameters().into_iter().map(|(name, _)| name).collect()
}

struct Everything {
    one: Parameter<f64>,
    list: Vec<Parameter<f64>>,
    array: [Parameter<f64>; 2],
    pair: (Parameter<f64>, Linear<f64>),
    triple: (Parameter<f64>, Parameter<f64>, Vec<Parameter<f64>>),
    some: Option<Parameter<f64>>,
    none: Option<Parameter<f64>>,
}

module! { impl Module<f64> for Everything { one, list, array, pair, triple, some, none } }

fn everything() -> Everything {
    let linear = Linear::new(1, 1, &mut Generator::manual_seed(0));
    Everything {
        one: parameter(1.0),
        list: vec![parameter(2.0), parameter(3.0)],
        array: [parameter(4.0), parameter(5.0)],
        pair: (parameter(6.0), linear),
        triple: (parameter(7.0), parameter(8.0), vec![parameter(9.0)]),
        some: Some(parameter(10.0)),
        none: None,
    }
}

#[test]
fn lists_arrays_tuples_and_options_are_modules() {
    let mut model = everything();
    let expected = [
        "one",
        "list.0",
        "list.1",
        "array.0",
        "array.1",
        "pair.0",
        "pair.1.weight",
        "pair.1.bias",
        "triple.0",
        "triple.1",
        "triple.2.0",
        "some",
    ];
    assert_eq!(names(&model), expected);
    assert_eq!(model.num_parameters(), 12);
    let changed: Vec<String> = model.named_parameters_mut().into_iter().map(|(n, _)| n).collect();
    assert_eq!(changed, expected);
    assert_eq!(names(&parameter(1.0)), [""]);
    assert_eq!(names(&vec![(parameter(1.0), parameter(2.0))]), ["0.0", "0.1"]);
}

/// What is read is what is changed, in the same order.
#[test]
fn both_ways_show_the_same_parameters() {
    let mut model = everything();
    let read: Vec<_> = model.named_parameters().iter().map(|(_, p)| p.id()).collect();
    for (k, (_, parameter)) in model.named_parameters_mut().into_iter().enumerate() {
        assert_eq!(parameter.id(), read[k]);
        let shape = parameter.value().shape();
        *parameter.value_mut() = Tensor::full(shape, k as f64);
    }
    let values: Vec<f64> = model.state_dict().iter().map(|(_, value)| value.data()[0]).collect();
    assert_eq!(values, (0..12).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn a_state_dict_is_taken_over_whole_or_not_at_all() {
    let mut model = everything();
    let mut state = model.state_dict();
    for (_, value) in &mut state {
        *value = value.map(|x| x + 100.0);
    }
    model.load_state_dict(&state).unwrap();
    assert_eq!(model.state_dict(), state);
    state.reverse(); // the order does not count
    model.load_state_dict(&state).unwrap();

    let before = model.state_dict();
    state.retain(|(name, _)| name != "one");
    state[0].1 = Tensor::zeros([2]);
    state.push(("two".into(), Tensor::zeros([1])));
    let error = model.load_state_dict(&state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "one [] is missing; some should have shape [], not [2]; two is not expected"
    );
    assert_eq!(model.state_dict(), before);
}

/// Which of two values of one name is meant, nobody knows.
#[test]
fn a_name_that_is_there_twice_is_a_problem() {
    let mut model = vec![parameter(1.0)];
    let twice = [2.0, 3.0].map(|x| ("0".into(), Tensor::from(x)));
    let error = model.load_state_dict(&twice).unwrap_err();
    assert_eq!(error.to_string(), "0 is there twice");
    assert_eq!(model[0].value().item(), 1.0);
}

/// Where fields are left out, `..` says so; the compiler asks about all others.
#[test]
fn two_dots_leave_fields_out() {
    struct Trained {
        weight: Parameter<f64>,
        steps: usize,
    }
    module! { impl Module<f64> for Trained { weight, .. } }
    let model = Trained { weight: parameter(1.0), steps: 3 };
    assert_eq!((names(&model), model.steps), (vec!["weight".to_string()], 3));
}

/// The names of the parameters on a tape, and of the ones of another model, which it does not
/// know.
#[test]
fn a_model_names_its_parameters_on_a_tape() {
    let (model, other) = (vec![parameter(1.0), parameter(2.0)], parameter(3.0));
    let tape = Tape::new();
    let _sum = tape.watch(&model[1]) * tape.watch(&other) + tape.watch(&model[0]);
    let text = model.drawing(&tape).to_string();
    let labels: Vec<&str> =
        text.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(labels, ["1", "parameter", "mul", "0", "add"]);
}
