extension RouteTable {
    /// Everything that this build serves.
    package static let standard: RouteTable = {
        let routes =
            SystemRoutes.all + DocumentRoutes.all + SessionRoutes.all + PromptRoutes.all + MessageRoutes.all
            + EventRoutes.all + PermissionRoutes.all
            + FormRoutes.all + CatalogueRoutes.all + LocationRoutes.all + TransferRoutes.all
            + ShellRoutes.all + FileRoutes.all + SessionExtraRoutes.all + CommandRoutes.all + SchedulerRoutes.all
            + UndoRoutes.all + ShareRoutes.all + ShareServiceRoutes.all + VcsRoutes.all + WorktreeRoutes.all
            + InstructionRoutes.all + ProjectRoutes.all + ServiceRoutes.all
            + MCPRoutes.all + MCPServerRoutes.all + MCPEndpointRoutes.all + IntegrationRoutes.all + CredentialRoutes.all
            + PTYRoutes.all
        return RouteTable(routes + withoutHandler(routes))
    }()
}
