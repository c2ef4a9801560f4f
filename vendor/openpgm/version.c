/* The version that OpenPGM writes to its log. OpenPGM generates its own file with the time of the build, so that no two
   builds would be equal. */
#include <pgm/version.h>

const unsigned pgm_major_version = 5;
const unsigned pgm_minor_version = 3;
const unsigned pgm_micro_version = 128;
const char* pgm_build_date = "";
const char* pgm_build_time = "";
const char* pgm_build_system = "";
const char* pgm_build_machine = "";
const char* pgm_build_revision = 0;
