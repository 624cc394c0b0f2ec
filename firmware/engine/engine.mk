# The sources of the inference engine, relative to firmware/. One operator a file in ops/.
TORPOR_ENGINE_SRC := engine/flatbuf.c engine/flexbuf.c engine/graph.c engine/verify.c engine/plan.c engine/run.c engine/scale.c \
	engine/values.c engine/describe.c engine/ops/table.c engine/ops/op.c engine/ops/options.c engine/ops/window.c engine/ops/activation.c engine/ops/channels.c engine/ops/pool.c engine/ops/dot.c \
	engine/ops/matmul.c engine/ops/depthwise.c \
	engine/ops/broadcast.c engine/ops/add_sub.c engine/ops/reduce.c engine/ops/sum.c engine/ops/reduce_extreme.c engine/ops/arg_max.c engine/ops/cumsum.c engine/ops/mul.c engine/ops/div.c engine/ops/maximum.c engine/ops/minimum.c \
	engine/ops/squared_difference.c engine/ops/comparison.c engine/ops/logical.c engine/ops/select_v2.c \
	engine/ops/add_n.c engine/ops/floor_div.c engine/ops/floor_mod.c \
	engine/ops/add.c engine/ops/sub.c engine/ops/average_pool_2d.c engine/ops/conv_2d.c engine/ops/depthwise_conv_2d.c \
	engine/ops/dequantize.c engine/ops/fully_connected.c engine/ops/max_pool_2d.c engine/ops/mean.c \
	engine/ops/pad.c engine/ops/quantize.c engine/ops/reshape.c engine/ops/softmax.c \
	engine/math.c engine/fixed.c engine/ops/unary.c engine/ops/sigmoid.c engine/ops/abs.c engine/ops/neg.c \
	engine/ops/ceil.c engine/ops/floor.c engine/ops/round.c engine/ops/sqrt.c engine/ops/rsqrt.c \
	engine/ops/square.c engine/ops/log.c engine/ops/exp.c engine/ops/sin.c engine/ops/cos.c \
	engine/ops/logical_not.c engine/ops/zeros_like.c engine/ops/relu.c engine/ops/relu6.c \
	engine/ops/leaky_relu.c engine/ops/prelu.c engine/ops/elu.c engine/ops/hard_swish.c engine/ops/logistic.c \
	engine/ops/tanh.c engine/ops/l2_normalization.c engine/ops/cast.c \
	engine/ops/transpose_conv.c engine/ops/svdf.c engine/ops/gate.c engine/ops/unidirectional_sequence_lstm.c \
	engine/ops/resize.c engine/ops/resize_bilinear.c engine/ops/resize_nearest_neighbor.c \
	engine/ops/batch_matmul.c engine/ops/l2_pool_2d.c \
	engine/ops/move.c engine/ops/squeeze.c engine/ops/expand_dims.c engine/ops/transpose.c \
	engine/ops/gather.c engine/ops/gather_nd.c engine/ops/embedding_lookup.c \
	engine/ops/parts.c engine/ops/concatenation.c engine/ops/pack.c \
	engine/ops/slice.c engine/ops/strided_slice.c engine/ops/dynamic_update_slice.c \
	engine/ops/fill.c engine/ops/shape.c engine/ops/broadcast_to.c engine/ops/broadcast_args.c \
	engine/ops/mirror_pad.c engine/ops/reverse_v2.c engine/ops/blocks.c \
	engine/ops/split.c engine/ops/split_v.c engine/ops/unpack.c
