#!/usr/bin/env python3
"""Converts a Keras 3 .keras file to ONNX without Keras, so that onnxruntime can be timed on the same model.

    keras_to_onnx.py MODEL.keras MODEL.onnx

Needs h5py, numpy and onnx. Reads Functional and Sequential models, nested ones too, made of the layers in LAYERS.
The ONNX model takes `image` (batch, height, width, channels), as Keras does; inside it is channels first, which is what
onnxruntime is fastest with. Batch normalisations stay as they are: onnxruntime folds them itself.
"""
import io
import json
import re
import sys
import zipfile

import h5py
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


class Converter:
    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            self.model = json.loads(archive.read("config.json"))
            self.weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")
        self.nodes, self.initializers, self.count = [], [], 0

    def convert(self):
        shape = next(self.input_shapes(self.model["config"]))
        image = self.emit("Transpose", ["image"], perm=[0, 3, 1, 2])
        output, rank = self.read_model(self.model, "", (image, 4))
        if rank != 2:
            raise SystemExit("the model must end in a vector")
        self.nodes.append(helper.make_node("Identity", [output], ["probability"]))
        graph = helper.make_graph(
            self.nodes, self.model["config"]["name"],
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", *shape])],
            [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["batch", None])], self.initializers)
        result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        result.ir_version = 8
        onnx.checker.check_model(result)
        return result

    @staticmethod
    def input_shapes(config):
        for layer in config["layers"]:
            if layer["class_name"] == "InputLayer":
                yield layer["config"]["batch_shape"][1:]

    # A tensor is (name, rank); rank 4 is channels first.

    def read_model(self, model, group, source):
        config, counters, tensors = model["config"], {}, {}
        last = source
        for layer in config["layers"]:
            stem = snake_case(layer["class_name"])
            number = counters.get(stem, 0)
            counters[stem] = number + 1
            path = f"{group}layers/{stem}" + (f"_{number}" if number else "")
            if model["class_name"] == "Sequential":
                last = self.read_layer(layer, path, [last])
                continue
            name = layer["config"]["name"]
            if layer["class_name"] == "InputLayer":
                tensors[name, 0] = source
            for call, node in enumerate(layer["inbound_nodes"]):
                arguments = node["args"][0]
                arguments = arguments if isinstance(arguments, list) else [arguments]
                histories = [argument["config"]["keras_history"] for argument in arguments]
                tensors[name, call] = self.read_layer(layer, path, [tensors[h[0], h[1]] for h in histories])
        if model["class_name"] == "Sequential":
            return last
        output = config["output_layers"]
        output = output[0] if isinstance(output[0], list) else output
        return tensors[output[0], output[1]]

    def read_layer(self, layer, path, sources):
        kind, config = layer["class_name"], layer["config"]
        if "layers" in config:
            return self.read_model(layer, path + "/", sources[0])
        if kind not in LAYERS:
            raise SystemExit(f"{config['name']}: {kind} is not supported")
        variables = []
        if f"{path}/vars" in self.weights:
            group = self.weights[f"{path}/vars"]
            variables = [group[str(index)][()] for index in range(len(group))]
        result = LAYERS[kind](self, config, sources, variables)
        activation = config.get("activation", "linear")
        return result if activation == "linear" else self.activation(activation, result)

    def emit(self, operator, inputs, **attributes):
        self.count += 1
        output = f"t{self.count}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, array):
        self.count += 1
        name = f"w{self.count}"
        self.initializers.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def activation(self, name, source):
        tensor, rank = source
        if name == "relu6":
            bounds = [self.constant(numpy.float32(0)), self.constant(numpy.float32(6))]
            return self.emit("Clip", [tensor, *bounds]), rank
        operators = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softmax": "Softmax"}
        attributes = {"axis": 1} if name == "softmax" else {}
        return self.emit(operators[name], [tensor], **attributes), rank

    def window(self, config):
        """TensorFlow's "same" is ONNX' SAME_UPPER."""
        pads = "SAME_UPPER" if config["padding"] == "same" else "VALID"
        return {"strides": config["strides"] or config["pool_size"], "auto_pad": pads}

    def convolution(self, config, source, kernel, bias, window, groups=1):
        inputs = [source, self.constant(kernel)] + ([self.constant(bias)] if bias is not None else [])
        dilations = config["dilation_rate"] if "auto_pad" in window else [1, 1]
        return self.emit("Conv", inputs, dilations=dilations, group=groups, kernel_shape=kernel.shape[2:], **window), 4

    def conv2d(self, config, sources, variables):
        bias = variables[1] if config["use_bias"] else None
        kernel = variables[0].transpose(3, 2, 0, 1)
        return self.convolution(config, sources[0][0], kernel, bias, self.window(config))

    def depthwise(self, config, sources, variables):
        bias = variables[1] if config["use_bias"] else None
        kernel = variables[0].transpose(2, 3, 0, 1)
        return self.convolution(config, sources[0][0], kernel, bias, self.window(config), groups=kernel.shape[0])

    def separable(self, config, sources, variables):
        spread, _ = self.depthwise({**config, "use_bias": False}, sources, variables[:1])
        bias = variables[2] if config["use_bias"] else None
        return self.convolution(config, spread, variables[1].transpose(3, 2, 0, 1), bias, {})

    def dense(self, config, sources, variables):
        product = self.emit("MatMul", [sources[0][0], self.constant(variables[0])])
        return (self.emit("Add", [product, self.constant(variables[1])]) if config["use_bias"] else product), 2

    def batch_normalization(self, config, sources, variables):
        inputs = [sources[0][0]] + [self.constant(variable) for variable in variables]
        return self.emit("BatchNormalization", inputs, epsilon=config["epsilon"]), sources[0][1]

    def relu(self, config, sources, variables):
        return self.activation("relu" if config["max_value"] is None else "relu6", sources[0])

    def zero_padding(self, config, sources, variables):
        (top, bottom), (left, right) = config["padding"]
        pads = self.constant(numpy.array([0, 0, top, left, 0, 0, bottom, right], numpy.int64))
        return self.emit("Pad", [sources[0][0], pads]), 4

    def max_pooling(self, config, sources, variables):
        return self.emit("MaxPool", [sources[0][0]], kernel_shape=config["pool_size"], **self.window(config)), 4

    def average_pooling(self, config, sources, variables):
        return self.emit("AveragePool", [sources[0][0]], kernel_shape=config["pool_size"], **self.window(config)), 4

    def global_average(self, config, sources, variables):
        return self.emit("ReduceMean", [sources[0][0]], axes=[2, 3], keepdims=0), 2

    def flatten(self, config, sources, variables):
        """Keras flattens height, width, channels."""
        last = self.emit("Transpose", [sources[0][0]], perm=[0, 2, 3, 1])
        return self.emit("Flatten", [last], axis=1), 2

    def reshape(self, config, sources, variables):
        height, width, channels = config["target_shape"]
        shape = self.constant(numpy.array([-1, height, width, channels], numpy.int64))
        return self.emit("Transpose", [self.emit("Reshape", [sources[0][0], shape])], perm=[0, 3, 1, 2]), 4

    def merge(operator):
        def convert(self, config, sources, variables):
            return self.emit(operator, [tensor for tensor, _ in sources]), sources[0][1]
        return convert

    def concatenate(self, config, sources, variables):
        return self.emit("Concat", [tensor for tensor, _ in sources], axis=1), sources[0][1]

    def identity(self, config, sources, variables):
        return sources[0]

    add, multiply = merge("Add"), merge("Mul")


LAYERS = {
    "InputLayer": Converter.identity, "Dropout": Converter.identity, "Activation": Converter.identity,
    "Conv2D": Converter.conv2d, "DepthwiseConv2D": Converter.depthwise, "SeparableConv2D": Converter.separable,
    "Dense": Converter.dense, "BatchNormalization": Converter.batch_normalization, "ReLU": Converter.relu,
    "ZeroPadding2D": Converter.zero_padding, "MaxPooling2D": Converter.max_pooling,
    "AveragePooling2D": Converter.average_pooling, "GlobalAveragePooling2D": Converter.global_average,
    "Flatten": Converter.flatten, "Reshape": Converter.reshape, "Add": Converter.add,
    "Multiply": Converter.multiply, "Concatenate": Converter.concatenate,
}


def snake_case(name):
    """The rule by which Keras names the groups of model.weights.h5."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    onnx.save(Converter(sys.argv[1]).convert(), sys.argv[2])
