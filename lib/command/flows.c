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
	{&start_flow, start_resume, start_delete},
	{&stop_flow, stop_resume, stop_delete},
	{&snapshot_create_flow, snapshot_resume, snapshot_delete},
	{&snapshot_remove_flow, snapshot_resume, snapshot_delete},
	{&snapshot_revert_flow, snapshot_resume, snapshot_delete},
	{&snapshot_revert_final_flow, snapshot_resume, snapshot_delete},
	{&backup_flow, backup_resume, backup_delete},
	{&restore_flow, restore_resume, restore_delete},
	{&restore_commit_flow, restore_resume, restore_delete},
	{&migrate_flow, change_resume, change_delete},
	{&revert_flow, change_resume, change_delete},
	{&update_flow, change_resume, change_delete},
	{&clone_create_flow, clone_resume, clone_delete},
	{&clone_start_flow, clone_resume, clone_delete},
	{&clone_destroy_flow, clone_resume, clone_delete},
	{NULL, NULL, NULL},
};
