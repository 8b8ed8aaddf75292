using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Transcripts;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>ctl transcript export TO FILE</c> and <c>verify FILE</c>: a conversation in a file under a passphrase.
/// </summary>
internal static class TranscriptCommand
{
    internal static void AddTo(Command ctl, Func<ParseResult, string> socketOf)
    {
        Command transcript = ctl.Subcommands.First(c => c.Name == CommandGroup.Transcripts.Word);
        var to = new Argument<string>("to") { Description = "An alias, an address, group:NAME, self." };
        var file = new Argument<string>("file") { Description = "The transcript." };
        var secret = new Option<string?>("--transcript-passphrase-file")
        {
            Description = "Passphrase of the transcript: the first line of FILE.",
            HelpName = "FILE",
        };
        var export = new Command("export", "Writes a conversation to a new file, under a passphrase.") { to,
            file, secret };
        export.SetAction((parsed, cancellation) => ExportAsync(
            socketOf(parsed), parsed.GetValue(to)!, parsed.GetValue(file)!, parsed.GetValue(secret), cancellation));
        transcript.Subcommands.Add(export);

        var show = new Option<bool>("--show") { Description = "Print the messages too.", Arity = ArgumentArity.Zero };
        var verify = new Command("verify", "Says whether a transcript is as it was written.") { file, secret, show };
        verify.SetAction(parsed => Verify(parsed.GetValue(file)!, parsed.GetValue(secret), parsed.GetValue(show)));
        transcript.Subcommands.Add(verify);
    }

    /// <summary>Writes a conversation to a new file; asks for a passphrase where no file has one.</summary>
    internal static async Task<int> ExportAsync(
        string socket, string to, string file, string? secretFile, CancellationToken cancellation)
    {
        using ControlClient client = CtlErrors.Connect(socket);

        byte[] passphrase = secretFile is null ? BackupCommand.AskTwice("Passphrase of the transcript: ")
            : Passphrase.Read(secretFile);
        try
        {
            long count = await WriteAsync(client, to, file, passphrase, cancellation).ConfigureAwait(false);
            Console.WriteLine($"{file}: {Count(count)}");
            return ExitCode.Done;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }

    private static async Task<long> WriteAsync(
        ControlClient client, string to, string file, byte[] passphrase, CancellationToken cancellation)
    {
        using var output = new NewFile(file);
        using var writer = new TranscriptWriter(passphrase, RandomSource.System);
        output.Write(writer.Head.Span);
        long count = 0;
        await foreach (TranscriptRecord record in RecordsAsync(client, to, cancellation).ConfigureAwait(false))
        {
            output.Write(writer.Add(record));
            count++;
        }

        output.Write(writer.End());
        output.Finish();
        return count;
    }

    private static async IAsyncEnumerable<TranscriptRecord> RecordsAsync(
        ControlClient client, string to,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        IAsyncEnumerable<ReplyPages.Reply?> pages = new ReplyPages(client).InOrderAsync(
            Commands.TranscriptRecords, new TranscriptRecordsRequest { To = to }, cancellation);
        await foreach (ReplyPages.Reply? page in pages.ConfigureAwait(false))
        {
            using (page)
            {
                if (page is null)
                    throw new IOException("the daemon went away");
                if (!page.IsDone)
                    throw new IOException(page.Error);
                foreach (TranscriptRecordInfo record in Commands.TranscriptRecords.Read(page.Result))
                    yield return Read(record);
            }
        }
    }

    private static TranscriptRecord Read(TranscriptRecordInfo record)
    {
        byte[] content = Convert.FromBase64String(record.Content);
        if (!MessageContent.TryReadStored(content, out MessageContent? said))
            throw new IOException($"message {record.Id} cannot be read");
        return new TranscriptRecord(
            record.Direction == "out", NodeAddress.Read(Convert.FromHexString(record.Peer)),
            EnvelopeId.Read(Convert.FromHexString(record.Id)), record.CreatedAt, said);
    }

    private static int Verify(string file, string? secretFile, bool show)
    {
        byte[] passphrase = secretFile is null ? Passphrase.Ask("Passphrase of the transcript: ")
            : Passphrase.Read(secretFile);
        try
        {
            using FileStream stream = File.OpenRead(file);
            TranscriptVerdict verdict = TranscriptReader.Read(
                buffer => stream.ReadAtLeast(buffer.Span, buffer.Length, throwOnEndOfStream: false), passphrase,
                record => Show(record, show));
            if (verdict.Fault is null)
            {
                Console.WriteLine($"{file}: {Count(verdict.Count)}, as they were written");
                return ExitCode.Done;
            }

            Console.Error.WriteLine($"{file}: {verdict.Fault}; {Count(verdict.Count)} before that as written");
            return ExitCode.Failed;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }

    private static void Show(TranscriptRecord record, bool show)
    {
        if (!show)
            return;
        string what = record.Content.Text.Length > 0 ? Screen.Printable(record.Content.Text)
            : $"({Words.Of(record.Content.Plain.Type)})";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{record.At:yyyy-MM-dd HH:mm:ss}Z {(record.Outgoing ? "to  " : "from")} {record.Peer}: {what}"));
    }

    private static string Count(long count) => Screen.Count(count, "message");
}
