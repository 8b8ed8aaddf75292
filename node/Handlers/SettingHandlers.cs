using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands that say how the node is set, and whether what its owner keeps elsewhere would do.</summary>
internal static class SettingHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.Settings, List),
        CommandHandler.For(Commands.SettingsCheck, Check),
        CommandHandler.For(Commands.BackupCheck, CheckBackupAsync),
    ];

    /// <summary>One at a time: a passphrase takes a second, and memory (docs/reference/control.md).</summary>
    private static readonly SemaphoreSlim _backups = new(1);

    private static IReadOnlyList<SettingInfo> List(MeshNode node, NoArguments request) =>
    [
        .. Settings.All.Select(
            s => new SettingInfo(s.Key, SettingValues.Of(node.Configuration, s.Key), s.Accepts, s.Reloads)),
    ];

    private static SettingsCheckInfo Check(MeshNode node, SettingsCheckRequest request)
    {
        string text = request.Text
            ?? throw ControlException.Usage("settings-check needs \"text\": what stands in the file");
        string? wrong = ConfigurationFile.Read(Encoding.UTF8.GetBytes(text), new NodeConfiguration());
        return new SettingsCheckInfo(wrong is null) { Wrong = wrong is null ? null : $"line {wrong}" };
    }

    private static async Task<BackupCheckInfo> CheckBackupAsync(
        MeshNode node, BackupCheckRequest request, CancellationToken cancellation)
    {
        string text = request.Text
            ?? throw ControlException.Usage("backup-check needs \"text\": what stands in the file");
        await _backups.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Open(node, text, request.Passphrase ?? ""), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _backups.Release();
        }
    }

    private static BackupCheckInfo Open(MeshNode node, string text, string passphrase)
    {
        byte[] secret = Encoding.UTF8.GetBytes(passphrase);
        try
        {
            if (!BackupFile.TryRead(text, secret, out LocalIdentity? identity, out BackupContent? content,
                out string? error))
                throw ControlException.Refused(error);
            using (identity)
            {
                int channels = content.Groups.Count(static g => g.Kind == BackupGroupKind.Channel);
                return new BackupCheckInfo(
                    identity.Address.ToString(), identity.Address == node.Identity.Address, content.Names.Count,
                    content.Groups.Count - channels)
                {
                    Cards = content.People.Count(static p => p.Card is not null),
                    Verified = content.People.Count(static p => p.IsVerified),
                    Blocked = content.Blocked.Count,
                    Channels = channels,
                };
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
