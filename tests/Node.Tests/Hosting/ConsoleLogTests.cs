using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Tests.Hosting;

public class ConsoleLogTests
{
    private readonly StringWriter _output = new();

    [Theory]
    [InlineData(LogLevel.Critical, "<2>")]
    [InlineData(LogLevel.Error, "<3>")]
    [InlineData(LogLevel.Warning, "<4>")]
    [InlineData(LogLevel.Information, "<6>")]
    [InlineData(LogLevel.Debug, "<7>")]
    [InlineData(LogLevel.Trace, "<7>")]
    public void The_journal_gets_its_priority(LogLevel level, string prefix)
    {
        using var log = new ConsoleLog(new WriterSink(_output), journal: true,
            TimeProvider.System)
        { Level = LogLevel.Trace };
        log.CreateLogger("node").Log(level, "text");
        Written(log);
        Assert.Equal(prefix + "node: text\n", _output.ToString());
    }

    [Fact]
    public void What_is_below_the_level_is_not_written_and_the_level_can_change()
    {
        using var log = new ConsoleLog(new WriterSink(_output), journal: true,
            TimeProvider.System)
        { Level = LogLevel.Warning };
        ILogger logger = log.CreateLogger("node");
        logger.LogInformation("quiet");
        log.Level = LogLevel.Information;
        logger.LogInformation("loud");
        Written(log);
        Assert.Equal("<6>node: loud\n", _output.ToString());
    }

    [Fact]
    public void Control_characters_of_others_do_not_reach_the_terminal()
    {
        using var log = new ConsoleLog(new WriterSink(_output), journal: true, TimeProvider.System);
        log.CreateLogger("node").LogWarning("peer {Name}", "evil\n<2>node: forged\u001b[2J");
        Written(log);
        Assert.Equal("<4>node: peer evil <2>node: forged [2J\n", _output.ToString());
    }

    /// <summary>A thread that logged a fault after the end of the log ended the whole process.</summary>
    [Fact]
    public async Task Whoever_logs_while_the_log_ends_or_after_it_goes_on()
    {
        for (int round = 0; round < 100; round++)
        {
            var log = new ConsoleLog(new WriterSink(new StringWriter()), journal: false, TimeProvider.System);
            ILogger logger = log.CreateLogger("node");
            using var begins = new Barrier(3);
            Task[] writers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                begins.SignalAndWait();
                for (int i = 0; i < 50; i++)
                    logger.LogError("late");
            }))];
            begins.SignalAndWait();
            log.Dispose();
            await Task.WhenAll(writers);
            long lost = log.Lost;
            logger.LogError("after it");
            Assert.Equal(lost + 1, log.Lost);
            log.Dispose();
        }
    }

    private static void Written(ConsoleLog log) => Assert.True(log.Flush(TimeSpan.FromSeconds(10)));

    [Fact]
    public void The_watchdog_beats_twice_in_its_time_and_only_for_this_process()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), ServiceManager.WatchdogInterval("10000000", null, 7));
        Assert.Equal(TimeSpan.FromSeconds(5), ServiceManager.WatchdogInterval("10000000", "7", 7));
        Assert.Null(ServiceManager.WatchdogInterval("10000000", "8", 7));
        Assert.Null(ServiceManager.WatchdogInterval(null, null, 7));
        Assert.Null(ServiceManager.WatchdogInterval("0", null, 7));
    }
}
