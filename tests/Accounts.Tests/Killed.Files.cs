using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Accounts.Tests;

public sealed partial class Killed
{
    private const int FileSize = 30_000_000;

    [Fact]
    public async Task Whoever_is_killed_while_a_file_goes_over_the_server_it_arrives_as_it_was()
    {
        // So few calls that the file takes some seconds each way.
        Service server = BeginServer("--calls-per-second", "20");
        Service alice = BeginNode("alice"), bob = BeginNode("bob");
        string where = $"127.0.0.1:{_port}";
        await RegisterAsync(alice, where, "alice");
        await RegisterAsync(bob, where, "bob");
        byte[] content = new byte[FileSize];
        new Random(7).NextBytes(content);
        string path = Path.Combine(_directory, "film.bin");
        await File.WriteAllBytesAsync(path, content);
        FileTransferInfo sent;
        using (ControlClient client = ControlClient.TryConnect(alice.Socket!)!)
        {
            sent = await new FileClient(new ReplyPages(client), static (_, _) => { }).SendAsync(
                $"bob@{where}", path, null, false, CancellationToken.None);
        }

        int midway = 0;
        foreach (Service victim in new[] { server, alice, server })
        {
            long before = await UploadedAsync(alice, sent.Id);
            await Scene.UntilAsync(
                async () => await UploadedAsync(alice, sent.Id) is var now && (now > before || now == FileSize),
                "the upload goes on");
            midway += await UploadedAsync(alice, sent.Id) < FileSize ? 1 : 0;
            victim.Kill();
        }

        FileTransferInfo? offer = null;
        await Scene.UntilAsync(
            async () => await AskAsync(bob, Commands.FileList, new()) is { Code: null } files
                && (offer = files.Done.FirstOrDefault(f => f.Direction == "in")) is not null,
            "bob has the offer");
        await DoneAsync(bob, Commands.Accept, () => new() { To = offer!.Peer });
        await DoneAsync(bob, Commands.FileAccept, () => new() { Id = offer!.Id });
        foreach (Service victim in new[] { bob, server })
        {
            await Scene.UntilAsync(
                async () => await ReceivedAsync(bob, offer!.Id) > 0, "something of the file is there");
            midway += await ReceivedAsync(bob, offer!.Id) < FileSize ? 1 : 0;
            victim.Kill();
        }

        await Scene.UntilAsync(async () => await ReceivedAsync(bob, offer!.Id) == FileSize
            && (await ShowAsync(bob, offer!.Id))?.State == "here", "all of it is there");
        using (ControlClient client = ControlClient.TryConnect(bob.Socket!)!)
        {
            string saved = await new FileClient(new ReplyPages(client), static (_, _) => { }).SaveAsync(
                offer!.Id, Path.Combine(_directory, "bobs"), CancellationToken.None);
            Assert.Equal(content, await File.ReadAllBytesAsync(saved));
        }

        Assert.Equal(5, _services.Sum(s => s.Kills));
        Assert.InRange(midway, 2, 5);
    }

    private static async Task<long> UploadedAsync(Service node, string id) => await ShowAsync(node, id) is { } file
        ? file.State == "here" ? FileSize : file.Uploaded ?? 0 : 0;

    private static async Task<long> ReceivedAsync(Service node, string id) =>
        (await ShowAsync(node, id))?.Received ?? 0;

    private static async Task<FileTransferInfo?> ShowAsync(Service node, string id) =>
        await AskAsync(node, Commands.FileShow, new() { Id = id }) is { Code: null } shown ? shown.Done : null;

    private static Task RegisterAsync(Service node, string where, string name) => DoneAsync(
        node, Commands.AccountRegister,
        () => new() { Server = where, User = name, Password = [.. "correct horse battery staple"u8] });

    private Service BeginServer(params string[] options) => Begin([
        Path.Combine(AppContext.BaseDirectory, "qpc-server.dll"), "run", "--listen", $"wss://127.0.0.1:{_port}",
        "--registration", "open", "--data-dir", Path.Combine(_directory, "server"), .. options]);
}
