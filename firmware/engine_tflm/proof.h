/* SPDX-License-Identifier: MIT
 * Included ahead of each file of firmware/engine when upstream TFLM runs the models: Torpor's own engine stays,
 * to prove files safe (TFLM itself trusts them), under names that leave engine.h's to TFLM. */
#define te_measure te_prove
#define te_open te_proved_open
#define te_reset te_proved_reset
#define te_run te_proved_run
#define te_run_op te_proved_run_op
#define te_input_count te_proved_input_count
#define te_output_count te_proved_output_count
#define te_input te_proved_input
#define te_output te_proved_output
#define te_op_count te_proved_op_count
#define te_op_name te_proved_op_name
#define te_supported te_provable
#define te_macs te_proved_macs
#define te_engine_name te_prover_name
