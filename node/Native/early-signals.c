/*
 * The native builds only: what runs before the runtime does. Until .NET has started and ProcessSignals.cs listens, a
 * signal that asks a daemon for something ("read your configuration again") would end it, as signal(7) has it by default;
 * on a busy machine that can be a tenth of a second. Such signals are taken here and come to nothing: nothing has been
 * read yet that would have to be read again. An order to stop (SIGTERM, SIGINT, SIGQUIT) ends the process as usual.
 *
 * A handler, not SIG_IGN: the runtime leaves alone what is ignored, and so does this file where whoever started the
 * program (nohup) had it ignored.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

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
    /* As in ProcessSignals.cs. */
    static const int numbers[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGXFSZ };
    if (!is_daemon())
        return;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
            struct sigaction early = { .sa_handler = come_to_nothing, .sa_flags = SA_RESTART };
            sigaction(numbers[i], &early, NULL);
        }
    }
}
