using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Recovery;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>ctl account recovery restore SERVER</c>: identity, accounts and contacts from the bundle that a recovery code
/// opens, into the directory of a node that does not run.
/// </summary>
internal static class RecoveryCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    internal static void AddTo(Command ctl)
    {
        var server = new Argument<string>("server") { Description = "The server that has the bundle." };
        var codeFile = new Option<string?>("--code-file")
        {
            Description = "The recovery code: the first line of FILE; else it is asked for.",
            HelpName = "FILE",
        };
        var key = new Option<string?>("--key")
        {
            Description = "The fingerprint of the server's key, as its operator names it.",
            HelpName = "FINGERPRINT",
        };
        var ca = new Option<string?>("--ca")
        {
            Description = "Certificates of an authority in PEM, or 'system' for those of this machine.",
            HelpName = "FILE",
        };
        var replace = new Option<bool>("--replace")
        {
            Description = "Replace the key that is there.",
            Arity = ArgumentArity.Zero,
        };
        var place = new KeyPlace();
        var restore = new Command(
            "restore", "Brings back what a recovery code opens; the daemon must not run.") { server, codeFile, key, ca,
            replace };
        place.AddTo(restore);
        restore.SetAction((parsed, cancellation) => RestoreAsync(
            parsed, place, parsed.GetValue(server)!, parsed.GetValue(codeFile),
            (parsed.GetValue(key), parsed.GetValue(ca)), parsed.GetValue(replace), cancellation));
        Command accounts = ctl.Subcommands.First(c => c.Name == CommandGroup.Accounts.Word);
        accounts.Subcommands.First(c => c.Name == "recovery").Subcommands.Add(restore);
    }

    private static async Task<int> RestoreAsync(
        ParseResult parsed, KeyPlace place, string server, string? codeFile, (string? Key, string? Ca) trust,
        bool replace, CancellationToken cancellation)
    {
        if (!ServerEndpoint.TryParse(server, out ServerEndpoint? endpoint, out string? error))
            throw new UsageException(error);
        byte[] typed = codeFile is null ? Passphrase.Ask("Recovery code: ") : Passphrase.Read(codeFile);
        char[] text = Encoding.UTF8.GetChars(typed);
        CryptographicOperations.ZeroMemory(typed);
        bool isCode = RecoveryCode.TryParse(text, out RecoveryCode? code, out error);
        Array.Clear(text);
        if (!isCode)
            return await FailAsync(error!).ConfigureAwait(false);
        using (code)
        {
            byte[] bundle;
            try
            {
                bundle = await FetchAsync(
                    endpoint, WantedAccount.TrustIn(endpoint, trust.Key, trust.Ca),
                    RecoveryBundle.IdOf(code!), cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RpcException or IOException or TimeoutException or InvalidDataException
                or CryptographicException or OperationCanceledException)
            {
                return await FailAsync(
                    e is RpcException { Status: RpcStatus.NotFound }
                        ? $"{server} has no bundle for this code: it is another server's, was replaced by a later one, "
                            + "or was deleted."
                        : FaultText.Of(e)).ConfigureAwait(false);
            }

            if (!RecoveryBundle.TryOpen(code!, bundle, out RecoveryBundle? opened, out error))
                return await FailAsync(error).ConfigureAwait(false);
            using (opened.Identity)
                BackupCommand.RestoreInto(parsed, place, opened.Identity, opened.Contacts, replace, opened.Accounts);
            foreach (AccountRecord account in opened.Accounts)
                Console.WriteLine($"Account: {account.User}@{account.Server}");
            Console.WriteLine(
                "Start the node: it is logged in where the sessions still last (90 days after their last use), else "
                    + "'account login' needs the password. What was written is not in the bundle.");
            return ExitCode.Done;
        }
    }

    private static async Task<byte[]> FetchAsync(
        ServerEndpoint endpoint, ServerTrust trust, byte[] id, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        await using var client = new RpcClient(
            token => endpoint.ConnectAsync(trust, null, token), new RpcClientOptions(), TimeProvider.System,
            RandomSource.Seeded());
        FetchRecoveryBundleResponse answer = await client.CallAsync(
            RpcMethod.FetchRecoveryBundle, new FetchRecoveryBundleRequest { BundleId = ByteString.CopyFrom(id) },
            FetchRecoveryBundleResponse.Parser, either.Token).ConfigureAwait(false);
        return answer.Bundle.ToByteArray();
    }

    private static async Task<int> FailAsync(string why)
    {
        await Console.Error.WriteLineAsync(why).ConfigureAwait(false);
        return ExitCode.Failed;
    }
}
