using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>ctl transcript, from a node to a file and back.</summary>
public sealed class TranscriptCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-transcript-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_conversation_goes_into_a_file_that_verifies_until_a_byte_of_it_changes()
    {
        await using var node = new TestNode("n");
        for (int i = 0; i < 30; i++)
            await node.AskAsync(Commands.Send, new() { To = "self", Text = $"note {i} " + new string('x', 200) });
        string file = Path.Combine(_directory, "notes"), secret = Path.Combine(_directory, "secret");
        await File.WriteAllTextAsync(secret, "correct horse\n");
        string[] export =
            ["ctl", "--control", node.ControlPath, "transcript", "export", "self", file,
                "--transcript-passphrase-file", secret];
        string[] verify = ["ctl", "transcript", "verify", file, "--transcript-passphrase-file", secret];

        Assert.Equal(0, await CommandLine.RunAsync(export));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(0, await CommandLine.RunAsync(verify));
        byte[] bytes = await File.ReadAllBytesAsync(file);
        Assert.True(bytes.AsSpan().IndexOf("note 7"u8) < 0);
        // What is there is not replaced.
        Assert.Equal(1, await CommandLine.RunAsync(export));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
        bytes[^300] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        Assert.Equal(1, await CommandLine.RunAsync(verify));
        string nowhere = Path.Combine(_directory, "nowhere");
        export[5] = "group:nowhere";
        export[6] = nowhere;
        Assert.Equal(1, await CommandLine.RunAsync(export));
        Assert.False(File.Exists(nowhere));
    }
}
