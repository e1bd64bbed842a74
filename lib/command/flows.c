/* SPDX-License-Identifier: MIT */
#include "command/flows.h"

#include "command/backup/backup.h"
#include "command/clone/clone.h"
#include "command/update/migrate.h"
#include "command/restore/restore.h"
#include "command/update/revert.h"
#include "command/snapshot/snapshot.h"
#include "command/start/start.h"
#include "command/stop/stop.h"
#include "command/update/update.h"

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
