using System.Diagnostics;
using System.Runtime.InteropServices;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Samples;

/// <summary>The bots of samples/, each as a process beside a node: they answer what somebody writes.</summary>
public sealed class EchoBots
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string[]> Bots =>
    [
        (string[])["sh", Repository.File("samples", "echo.sh")],
        (string[])["python3", Repository.File("samples", "echo.py")],
        (string[])[Path.Combine(AppContext.BaseDirectory, "EchoBot")],
    ];

    [Theory]
    [MemberData(nameof(Bots))]
    public async Task A_bot_answers_with_the_text_that_it_was_sent(string[] command)
    {
        await using TestNode alice = new("alice"), bot = new("bot");
        await TestNode.JoinAsync(alice, bot);
        await alice.HasRouteAsync(bot);
        await bot.HasRouteAsync(alice);
        using var heard = new EventReader(alice);
        using Process process = Start(command, bot.ControlPath);
        try
        {
            using var limit = new CancellationTokenSource(_patience);
            while (!bot.Node.Events.HasListeners)
            {
                Assert.False(process.HasExited, "the bot has ended");
                await Task.Delay(20, limit.Token);
            }

            foreach (string text in (string[])["hello", "-- a \"quote\", ü 漢\n two lines", "echo: of nothing",
                "and again"])
                Assert.Equal("delivered", (await alice.SendAsync(bot, text, "delivered")).State);

            // An echo is not answered: what comes behind the second answer is that of the last text.
            foreach (string text in (string[])["hello", "-- a \"quote\", ü 漢\n two lines", "and again"])
                Assert.Equal("echo: " + text, (await heard.UntilAsync(Events.Message)).Message.Text);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync().WaitAsync(_patience);
        }
    }

    private static Process Start(string[] command, string socket)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false };
        start.Environment["QPC_MESH_CONTROL"] = socket;
        start.Environment["QPC_MESH"] = Path.Combine(AppContext.BaseDirectory, "qpc-mesh");
        // The runtime that these tests have: the programs beside them look for one.
        start.Environment["DOTNET_ROOT"] =
            Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return Process.Start(start)!;
    }
}
