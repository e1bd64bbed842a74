/* SPDX-License-Identifier: MIT */
#include "flow/kinds.h"

#include "flow/backup.h"
#include "flow/clone.h"
#include "flow/migrate.h"
#include "flow/restore.h"
#include "flow/revert.h"
#include "flow/snapshotcommand.h"
#include "flow/start.h"
#include "flow/stop.h"
#include "flow/update.h"

const struct flow_kind flow_kinds[] = {
	{&start_flow, start_open, start_close},
	{&stop_flow, stop_open, stop_close},
	{&snapshot_create_flow, snapshot_resume, snapshot_close},
	{&snapshot_remove_flow, snapshot_resume, snapshot_close},
	{&snapshot_revert_flow, snapshot_resume, snapshot_close},
	{&snapshot_revert_final_flow, snapshot_resume, snapshot_close},
	{&backup_flow, backup_resume, backup_close},
	{&restore_flow, restore_resume, restore_close},
	{&restore_commit_flow, restore_resume, restore_close},
	{&migrate_flow, change_resume, change_close},
	{&revert_flow, change_resume, change_close},
	{&update_flow, change_resume, change_close},
	{&clone_create_flow, clone_resume, clone_close},
	{&clone_start_flow, clone_resume, clone_close},
	{&clone_destroy_flow, clone_resume, clone_close},
	{NULL, NULL, NULL},
};
