/*
 * The native builds only: what runs before the runtime does. Until .NET has started and ProcessSignals.cs listens, a
 * signal that asks a daemon for something ("read your configuration again") would end it, as signal(7) has it by default;
 * on a busy machine that can be a tenth of a second. Such signals are taken here and come to nothing: nothing has been
 * read yet that would have to be read again. An order to stop (SIGTERM, SIGINT, SIGQUIT) ends the process as usual.
 *
 * Even that would be late on a processor with other things to do: a program of this size is relocated before its
 * constructors run. So its very first instructions, on the processors that are known here, hold such signals back, and the
 * constructor below lets them come.
 *
 * A handler, not SIG_IGN: the runtime leaves alone what is ignored, and so does this file where whoever started the
 * program (nohup) had it ignored.
 */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__aarch64__)

/* As in take_early_signals: bit n - 1 is signal n. SIGHUP 1, SIGUSR1 10, SIGUSR2 12, SIGPIPE 13, SIGALRM 14,
   SIGXFSZ 25, SIGVTALRM 26. */
static const unsigned long long early_signals __attribute__((used)) =
    1ULL << 0 | 1ULL << 9 | 1ULL << 11 | 1ULL << 12 | 1ULL << 13 | 1ULL << 24 | 1ULL << 25;

/* What was blocked before, as the kernel writes it. Nothing has been relocated yet: only distances can be used. */
static unsigned long long blocked_before __attribute__((used));

/* rt_sigprocmask(SIG_BLOCK, &early_signals, &blocked_before, 8); then the start of the C library, which finds the stack and
   the register with its exit function as the kernel left them. */
#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".globl qpc_start\n"
    ".hidden qpc_start\n"
    ".type qpc_start, @function\n"
    "qpc_start:\n"
    "    movq %rdx, %r9\n"
    "    movl $14, %eax\n"
    "    xorl %edi, %edi\n"
    "    leaq early_signals(%rip), %rsi\n"
    "    leaq blocked_before(%rip), %rdx\n"
    "    movl $8, %r10d\n"
    "    syscall\n"
    "    movq %r9, %rdx\n"
    "    jmp _start\n"
    ".size qpc_start, . - qpc_start\n");
#else
__asm__(
    ".text\n"
    ".globl qpc_start\n"
    ".hidden qpc_start\n"
    ".type qpc_start, %function\n"
    "qpc_start:\n"
    "    mov x9, x0\n"
    "    mov x8, #135\n"
    "    mov x0, #0\n"
    "    adrp x1, early_signals\n"
    "    add x1, x1, :lo12:early_signals\n"
    "    adrp x2, blocked_before\n"
    "    add x2, x2, :lo12:blocked_before\n"
    "    mov x3, #8\n"
    "    svc #0\n"
    "    mov x0, x9\n"
    "    b _start\n"
    ".size qpc_start, . - qpc_start\n");
#endif

static int was_blocked(int number)
{
    return (blocked_before >> (number - 1) & 1) != 0;
}

#else

static int was_blocked(int number)
{
    (void)number;
    return 1;
}

#endif

/* The command decides; options with paths may follow. */
enum { MAX_COMMAND_LINE = 4096 };

static void come_to_nothing(int number)
{
    (void)number;
}

/* The next argument, or NULL behind the last. */
static const char *next(const char *argument, const char *end)
{
    argument += strlen(argument) + 1;
    return argument < end ? argument : NULL;
}

/* Not by the arguments of constructors, which only the GNU C library passes. */
static int is_daemon(void)
{
    static char line[MAX_COMMAND_LINE + 1];
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, line, MAX_COMMAND_LINE);
    if (file >= 0)
        close(file);
    if (length <= 0)
        return 0;
    const char *command = next(line, line + length);
    if (command == NULL || strcmp(command, "run") == 0)
        return command != NULL;
    if (strcmp(command, "repl") != 0)
        return 0;
    for (const char *option = command; option != NULL; option = next(option, line + length)) {
        if (strcmp(option, "--start") == 0)
            return 1;
    }

    return 0;
}

__attribute__((constructor(101))) static void take_early_signals(void)
{
    /* As in ProcessSignals.cs, and SIGPIPE, which the runtime ignores when it has started. */
    static const int numbers[] = { SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGXFSZ };
    int daemon = is_daemon();
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        if (!was_blocked(numbers[i]))
            sigaddset(&held, numbers[i]);
        if (daemon && sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
            struct sigaction early = { .sa_handler = come_to_nothing, .sa_flags = SA_RESTART };
            sigaction(numbers[i], &early, NULL);
        }
    }

    sigprocmask(SIG_UNBLOCK, &held, NULL);
}

/*
 * One arena for what the C library allocates, which is TLS most of all. It has one for each thread otherwise, up to eight
 * for each processor, and keeps in each what the worst moment took: with a hundred hostile neighbours 8 MB more, and
 * growing, on a router that has 48. Before the first thread starts: what a thread has, it keeps.
 */
__attribute__((constructor(102))) static void keep_together(void)
{
    mallopt(M_ARENA_MAX, 1);
}
