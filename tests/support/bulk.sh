# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For benches and scenarios of backup and restore: a vault and a database of the size that matters.
#
#	bulk_tree FOLDER FILES BYTES    FILES files of BYTES in all, half of it what packs and half what does not, the names
#	                                with UTF-8 and newlines, some empty, some sparse, some linked
#	bulk_rows BYTES                 a table of about so many bytes in the appliance's database
bulk_tree() {
	python3 - "$@" <<-'END'
		import os, random, sys
		top, files, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
		random.seed(1)
		each = size // max(files, 1)
		word = b"the same line again and again\n"
		for i in range(files):
		    d = f"{top}/{i % 97:02d}"
		    os.makedirs(d, exist_ok=True)
		    name = f"{d}/{i}" + ("\nnew line" if i % 50 == 0 else " \u00e4\u4e2d" if i % 3 == 0 else "")
		    n = random.randrange(0, 2 * each + 1)
		    with open(name, "wb") as f:
		        if i % 100 == 1:
		            f.truncate(n)
		        elif i % 100 != 2:
		            f.write(random.randbytes(n // 2) + word * (n // 2 // len(word)))
		    os.chown(name, 5432, 5432)
		    if i % 200 == 3:
		        os.link(name, name + ".again")
	END
}

bulk_rows() {
	sql "CREATE TABLE IF NOT EXISTS bulk (id bigint PRIMARY KEY, a text, b text);
		INSERT INTO bulk SELECT i, md5(i::text) || md5((i + 1)::text), repeat('same ', 20)
			FROM generate_series(1, $1 / 250) i;
		ALTER TABLE bulk OWNER TO ecs"
}
