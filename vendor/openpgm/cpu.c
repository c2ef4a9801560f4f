/* Which vector instructions OpenPGM's checksum may use. Stands for the library's own file, whose assembly only x86
   can take, and which changes RBX behind the compiler's back. */
#include <string.h>

#include <impl/framework.h>

#if defined(__i386__) || defined(__x86_64__)
#include <cpuid.h>

/* Whether the system saves the registers that AVX uses. */
static bool saves_avx_registers(unsigned features) {
  if ((features & bit_OSXSAVE) == 0) return false;
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  (void)high;
  return (low & 6) == 6;
}

void pgm_cpuid(pgm_cpu_t* cpu) {
  memset(cpu, 0, sizeof *cpu);
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return;
  cpu->has_mmx = (edx & bit_MMX) != 0;
  cpu->has_sse = (edx & bit_SSE) != 0;
  cpu->has_sse2 = (edx & bit_SSE2) != 0;
  cpu->has_sse3 = (ecx & bit_SSE3) != 0;
  cpu->has_ssse3 = (ecx & bit_SSSE3) != 0;
  cpu->has_sse41 = (ecx & bit_SSE4_1) != 0;
  cpu->has_sse42 = (ecx & bit_SSE4_2) != 0;
  cpu->has_avx = (ecx & bit_AVX) != 0 && saves_avx_registers(ecx);
  if (cpu->has_avx && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) cpu->has_avx2 = (ebx & bit_AVX2) != 0;
}
#else
void pgm_cpuid(pgm_cpu_t* cpu) { memset(cpu, 0, sizeof *cpu); }
#endif
