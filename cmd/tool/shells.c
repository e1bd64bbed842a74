/* SPDX-License-Identifier: MIT */
#include "cmd/tool/shells.h"

#include <string.h>

/* In each script a '^' is the name of the tool. */

/* A word reaches the tool without its quotes; bash(1), "Programmable Completion". */
static const char bash[] =
	"# bash completion for ^, written by it\n"
	"_^() {\n"
	"\tlocal line words=(\"${COMP_WORDS[@]//[\\\"\\'\\\\]/}\")\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tif [[ $line == " SHELLS_FILES " ]]; then\n"
	"\t\t\tcompopt -o default 2>/dev/null\n"
	"\t\telse\n"
	"\t\t\tCOMPREPLY+=(\"${line%%$'\\t'*}\")\n"
	"\t\tfi\n"
	"\tdone < <(command \"${words[0]}\" " SHELLS_ASK " \"${words[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _^ ^\n";

/* zshcompsys(1): the file is autoloaded, and may be sourced. */
static const char zsh[] =
	"#compdef ^\n"
	"# zsh completion for ^, written by it\n"
	"_^() {\n"
	"\tlocal line name\n"
	"\tlocal -a found\n"
	"\tfor line in \"${(@f)$(command \"${(Q)words[1]}\" " SHELLS_ASK
	" \"${(@Q)words[2,CURRENT-1]}\" \"${(Q)PREFIX}\" 2>/dev/null)}\"; do\n"
	"\t\tname=${line%%$'\\t'*}\n"
	"\t\tcase $line in\n"
	"\t\t" SHELLS_FILES ") _files && return ;;\n"
	"\t\t*$'\\t'*) found+=(\"${name//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
	"\t\t?*) found+=(\"${name//:/\\\\:}\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\t_describe -V word found\n"
	"}\n"
	"if [[ $funcstack[1] == _^ ]]; then\n"
	"\t_^ \"$@\"\n"
	"else\n"
	"\tcompdef _^ ^\n"
	"fi\n";

static const char fish[] =
	"# fish completion for ^, written by it\n"
	"function __^_complete\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l last (commandline -ct)\n"
	"\tset -l found (command $words[1] " SHELLS_ASK " $words[2..-1] \"$last\" 2>/dev/null)\n"
	"\tif test \"$found\" = " SHELLS_FILES "\n"
	"\t\t__fish_complete_path \"$last\"\n"
	"\telse if set -q found[1]\n"
	"\t\tprintf '%s\\n' $found\n"
	"\tend\n"
	"end\n"
	"complete -c ^ -f -k -a '(__^_complete)'\n";

static const struct {
	const char *name, *script;
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

static const char *script_of(const char *shell)
{
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (strcmp(shells[i].name, shell) == 0)
			return shells[i].script;
	return NULL;
}

bool shells_known(const char *shell)
{
	return script_of(shell) != NULL;
}

void shells_print(const char *shell, const char *tool, FILE *to)
{
	for (const char *p = script_of(shell); *p; p++)
		if (*p == '^')
			fputs(tool, to);
		else
			fputc(*p, to);
}
