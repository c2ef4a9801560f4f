/* What OpenPGM says of itself in its log. Its own file is made by a script that notes the time of the build, and so
   makes every build another one. */
#include <pgm/version.h>

const unsigned pgm_major_version = 5;
const unsigned pgm_minor_version = 3;
const unsigned pgm_micro_version = 128;
const char* pgm_build_date = "";
const char* pgm_build_time = "";
const char* pgm_build_system = "";
const char* pgm_build_machine = "";
const char* pgm_build_revision = 0;
